//! Plex's bodies, one file a resource. Field names and their order are Plex's; see each file for what is
//! known of them.

mod activity;
mod browse;
mod butler;
mod container;
mod error;
mod filters;
mod identity;
mod levels;
mod library;
mod metadata;
mod notification;
mod providers;
mod sections;
mod setting;

pub use activity::{Activities, Activity, ActivityContext};
pub use browse::{Browsed, BrowsedPath};
pub use butler::{ButlerTask, ButlerTaskList, ButlerTasks};
pub use container::Container;
pub use error::{ErrorEntry, Errors};
pub use filters::{
    Directories, FieldType, FilterChoice, Meta, MetaField, MetaFilter, MetaSort, MetaType, Operator,
};
pub use identity::{Identity, Root, RootDirectory};
pub use levels::{Level, Levels};
pub use library::{LIBRARY_IDENTIFIER, LibraryDirectory, LibraryRoot};
pub use metadata::{Chapter, Guid, Media, Metadata, MetadataPage, Part, Stream, Tag};
pub use notification::{ActivityEvent, ActivityNotification, Notification, StatusNotification};
pub use providers::{MediaProvider, MediaProviders, Pivot, ProvidedSection, ProviderFeature};
pub use sections::{Directory, Location, Sections};
pub use setting::{Preference, Preferences, SettingValue};
