//! Each bug that the exploration found, by name.
