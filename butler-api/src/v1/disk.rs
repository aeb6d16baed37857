//! Disks: which hold the libraries' folders, and how many files are read whole of each at one time.

use serde::{Deserialize, Serialize};

/// The body of `/api/v1/disks`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Disks {
    /// The disks that hold a folder of a library, by name.
    pub disks: Vec<Disk>,
}

/// One disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Disk {
    /// The device's name, else where it is mounted, or the pool.
    pub name: String,
    /// What it is like to read from: `spinning`, `solid`, `virtual` (a virtual machine's), `network`, or
    /// `unknown` where the kernel does not say.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::DiskWord))]
    pub kind: String,
    /// How many files of it may be read whole at one time; none: as many as there are processors.
    pub limit: Option<u64>,
    /// How many are now.
    pub reading: u64,
    /// The libraries' folders that lie on it; one over several disks stands at each.
    pub folders: Vec<String>,
    /// The same as one English sentence.
    pub message: String,
}
