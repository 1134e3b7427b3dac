//! Weeks of random days.
