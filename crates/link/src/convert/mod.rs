//! SmartHR rows into EMC rows.
