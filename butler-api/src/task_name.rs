//! The wire names of the tasks, open to names that other servers know.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! task_names {
    ($($name:ident),+ $(,)?) => {
        /// The name of a task in URLs and bodies. The 28 names that Butler knows, and any other as text: a
        /// client meets servers that are older or newer than it.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum TaskName {
            $(#[doc = concat!("`", stringify!($name), "`")] $name,)+
            /// A name that this version does not know.
            Other(Box<str>),
        }

        impl TaskName {
            /// The names this version knows, in alphabetical order.
            pub const KNOWN: [Self; 28] = [$(Self::$name),+];

            /// The name as it stands in URLs and bodies.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => stringify!($name),)+
                    Self::Other(name) => name,
                }
            }
        }

        impl From<&str> for TaskName {
            fn from(name: &str) -> Self {
                match name {
                    $(stringify!($name) => Self::$name,)+
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

task_names! {
    AutomaticUpdates,
    BackupDatabase,
    BuildGracenoteCollections,
    ButlerTaskCleanSupplementalLogFiles,
    ButlerTaskGenerateAdMarkers,
    ButlerTaskGenerateCreditsMarkers,
    ButlerTaskGenerateIntroMarkers,
    ButlerTaskGenerateVoiceActivity,
    CheckForUpdates,
    CleanOldBundles,
    CleanOldCacheFiles,
    DeepMediaAnalysis,
    GarbageCollectBlobs,
    GarbageCollectLibraryMedia,
    GenerateAutoTags,
    GenerateBlurHashes,
    GenerateChapterThumbs,
    GenerateMediaIndexFiles,
    LoudnessAnalysis,
    MusicAnalysis,
    OptimizeDatabase,
    ProcessAssets,
    RefreshEpgGuides,
    RefreshLibraries,
    RefreshLocalMedia,
    RefreshPeriodicMetadata,
    ReverseGeocode,
    UpgradeMediaAnalysis,
}

impl From<&Self> for TaskName {
    fn from(name: &Self) -> Self {
        name.clone()
    }
}

impl From<String> for TaskName {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TaskName {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::from(name))
    }
}

impl Serialize for TaskName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TaskName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_survives_its_text() {
        for name in TaskName::KNOWN {
            assert_eq!(TaskName::from(name.as_str()), name);
        }
    }

    #[test]
    fn the_names_are_in_alphabetical_order() {
        assert!(TaskName::KNOWN.is_sorted_by_key(|name| name.as_str().to_owned()));
    }

    #[test]
    fn a_name_of_another_server_is_kept_as_text() {
        let name = TaskName::from("BrewCoffee");
        assert_eq!(name, TaskName::Other("BrewCoffee".into()));
        assert_eq!(name.to_string(), "BrewCoffee");
    }
}
