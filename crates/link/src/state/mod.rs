//! What the link remembers and where: the traits of the outside world, the keys below `tenants/{id}/`, and the records
//! that are kept there.

pub mod ports;

pub mod keys;

mod tenant_id;

pub use tenant_id::{TenantId, TenantIdError};
