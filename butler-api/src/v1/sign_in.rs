//! `/api/v1/sign-in`: the address that opens the pages signed in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An address that opens the pages signed in, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// Its path and query, to be put behind the server's own address.
    #[cfg_attr(feature = "openapi", schema(example = "/sign-in?code=..."))]
    pub path: String,
    /// Until then it is good.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub until: Timestamp,
}
