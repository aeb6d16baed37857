//! Which disks hold the libraries' folders, and how many files are read whole of each at one time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use butler_api::v1::{Disk, Disks};
use butler_engine::DiskReaders;
use butler_library::{Disk as FoundDisk, DiskKind};

use crate::app::App;
use crate::error::Problem;

/// The disks of all sections.
pub(crate) async fn disks(app: &App) -> Result<Disks, Problem> {
    let readers = app.handle.disk_readers().await?;
    let sections = app.library(|library| library.sections()).await?;
    let roots = sections.iter().flat_map(|section| &section.roots);
    Ok(shown(&readers, roots.map(|root| root.path.as_path())))
}

fn shown<'a>(readers: &DiskReaders, roots: impl IntoIterator<Item = &'a Path>) -> Disks {
    let mut folders: BTreeMap<&FoundDisk, BTreeSet<String>> = BTreeMap::new();
    for root in roots {
        for disk in readers.disks.of(root) {
            folders.entry(disk).or_default().insert(root.display().to_string());
        }
    }
    let disk = |(disk, folders): (&FoundDisk, BTreeSet<String>)| {
        let reading = readers.reading.get(disk).copied().unwrap_or(0) as u64;
        let is_limited = disk.kind.is_shared_badly() && readers.most < usize::MAX;
        let limit = is_limited.then_some(readers.most as u64);
        Disk {
            name: disk.name.clone(),
            kind: disk.kind.as_str().to_owned(),
            limit,
            reading,
            folders: folders.into_iter().collect(),
            message: message(disk, limit, reading),
        }
    };
    Disks { disks: folders.into_iter().map(disk).collect() }
}

fn message(disk: &FoundDisk, limit: Option<u64>, reading: u64) -> String {
    let kind = match disk.kind {
        DiskKind::Spinning => "a spinning disk",
        DiskKind::Solid => "a solid-state disk",
        DiskKind::Virtual => "a virtual disk",
        DiskKind::Network => "a network or FUSE mount",
        DiskKind::Unknown => "of a kind that the kernel does not tell",
    };
    let at_most = match limit {
        Some(1) => "1 file of it is read whole at a time".to_owned(),
        Some(limit) => format!("{limit} files of it are read whole at a time"),
        None => "as many files of it are read at a time as there are processors".to_owned(),
    };
    format!("{}, {kind}: {at_most}, {reading} now.", disk.name)
}

#[cfg(test)]
mod tests {
    use butler_library::Disks as FoundDisks;

    use super::*;

    #[test]
    fn each_disk_of_a_folder_is_shown_with_its_readers() {
        let disk = |name: &str, kind| FoundDisk { name: name.to_owned(), kind };
        let (sda, solid) = (disk("sda", DiskKind::Spinning), disk("sdb", DiskKind::Solid));
        let places = [("/films", vec![sda.clone()]), ("/", vec![solid])];
        let readers = |most| DiskReaders {
            disks: FoundDisks::at(places.clone().map(|(place, disks)| (place.into(), disks))),
            reading: BTreeMap::from([(sda.clone(), 1)]),
            most,
        };
        let roots = ["/films/new", "/music", "/films/old"].map(Path::new);
        let of = |most| shown(&readers(most), roots).disks;
        let messages = |most| of(most).into_iter().map(|disk| disk.message).collect::<Vec<_>>();
        let solid = "sdb, a solid-state disk: as many files of it are read at a time as there are \
                     processors, 0 now.";
        assert_eq!(
            messages(1),
            ["sda, a spinning disk: 1 file of it is read whole at a time, 1 now.", solid]
        );
        assert!(messages(3)[0].contains("3 files of it are read whole"));
        assert!(messages(usize::MAX)[0].contains("as there are processors, 1 now"));
        assert_eq!(of(1)[0].folders, ["/films/new", "/films/old"]);
        assert_eq!((of(1)[0].limit, of(1)[1].limit, of(usize::MAX)[0].limit), (Some(1), None, None));
    }
}
