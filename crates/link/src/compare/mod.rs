//! Today against the snapshot.
