//! Which disks hold what, and of which kind they are: a spinning disk and a network serve one reader of whole
//! files sooner than several. Decided of facts that are handed in; only [`Disks::now`] asks the kernel for
//! them, and it touches no mount.
//!
//! Start with [`Disks::of`]. How many may read of a disk at one time the engine decides.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::mount_table::{self, DeviceNumber, Mount, device_number};

/// Devices lie on devices (a partition on a disk, an encrypted volume on a partition) no deeper than this.
const DEEPEST: u32 = 16;

/// File systems behind which another machine may be; all of FUSE's are `fuse` or begin with `fuse.`. Those
/// that several machines share count as well.
const NETWORK: [&str; 19] = [
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "drvfs", "fuse", "gfs2", "lustre", "ncpfs", "nfs", "nfs4",
    "ocfs2", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs",
];

/// What vendors or models of virtual SCSI and ATA disks begin with: QEMU, VMware, VirtualBox, Hyper-V, Xen,
/// Google.
const VIRTUAL: [&str; 6] = ["QEMU", "VMware", "VBOX", "Msft", "XENSRC", "PersistentDisk"];

/// What a disk is like to read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskKind {
    /// It turns: what is read side by side makes its head go to and fro.
    Spinning,
    /// It has no head to move.
    Solid,
    /// A disk of a virtual machine. What its host keeps it on nobody tells, and the kernel takes it to turn.
    Virtual,
    /// Whatever is at the other end of a network or FUSE mount.
    Network,
    /// The kernel does not say, as of a ZFS pool.
    Unknown,
}

/// Something that files are read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Disk {
    /// The device's name (`sda`), else where it is mounted, or the pool: no two disks have the same.
    pub name: String,
    /// What it is like to read from.
    pub kind: DiskKind,
}

/// The disks of everything that is mounted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disks {
    /// What is mounted where; of two at one place the later one is seen.
    places: Vec<(PathBuf, Vec<Disk>)>,
}

/// A block device.
#[derive(Debug, Clone)]
struct BlockDevice {
    name: String,
    /// Whether it turns, where the kernel says so.
    turns: Option<bool>,
    /// Whether a virtual machine's host stands behind it.
    is_virtual: bool,
    /// The devices that it lies on; none for a disk.
    lies_on: Vec<DeviceNumber>,
}

impl DiskKind {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spinning => "spinning",
            Self::Solid => "solid",
            Self::Virtual => "virtual",
            Self::Network => "network",
            Self::Unknown => "unknown",
        }
    }

    /// Whether one reader is served sooner than several. What nobody knows is taken to be so.
    pub const fn is_shared_badly(self) -> bool {
        !matches!(self, Self::Solid | Self::Virtual)
    }
}

impl Disks {
    /// What is mounted now, by the kernel's word.
    pub fn now() -> Self {
        Self::of_table(mount_table::now().unwrap_or_default(), Path::new("/sys"))
    }

    fn of_table(mounts: Vec<Mount>, sys: &Path) -> Self {
        let named = |path: &str| named(sys, path);
        Self::found(mounts, &named, &|device| block_device(sys, device))
    }

    /// The same with each virtual disk taken for one that spins.
    #[must_use]
    pub fn with_virtual_ones_spinning(mut self) -> Self {
        for disk in self.places.iter_mut().flat_map(|(_, disks)| disks) {
            if disk.kind == DiskKind::Virtual {
                disk.kind = DiskKind::Spinning;
            }
        }
        self
    }

    /// Disks by the places at which they are mounted.
    pub fn at(places: impl IntoIterator<Item = (PathBuf, Vec<Disk>)>) -> Self {
        Self { places: places.into_iter().collect() }
    }

    /// The disks that hold a path without links: several where they make one volume, none where that is
    /// unknown.
    pub fn of(&self, path: &Path) -> &[Disk] {
        let above = self.places.iter().filter(|(place, _)| path.starts_with(place));
        let nearest = above.max_by_key(|(place, _)| place.components().count());
        nearest.map_or(&[], |(_, disks)| disks)
    }

    fn found(
        mounts: Vec<Mount>,
        named: &dyn Fn(&str) -> Option<DeviceNumber>,
        block_device: &dyn Fn(DeviceNumber) -> Option<BlockDevice>,
    ) -> Self {
        let disks = |mount: &Mount| {
            // All mounts of one file system are one to read from.
            let first = mounts.iter().find(|other| other.device == mount.device).unwrap_or(mount);
            let alone = |kind| vec![Disk { name: first.place.display().to_string(), kind }];
            match mount.file_system.as_str() {
                kind if NETWORK.contains(&kind) || kind.starts_with("fuse.") => alone(DiskKind::Network),
                "tmpfs" | "ramfs" => vec![Disk { name: "memory".to_owned(), kind: DiskKind::Solid }],
                "zfs" => {
                    let pool = mount.source.split('/').next().unwrap_or_default();
                    vec![Disk { name: format!("pool {pool}"), kind: DiskKind::Unknown }]
                }
                _ => {
                    let mut found = BTreeSet::new();
                    for device in devices(mount, named) {
                        add_disks(device, block_device, DEEPEST, &mut found);
                    }
                    if found.is_empty() { alone(DiskKind::Unknown) } else { found.into_iter().collect() }
                }
            }
        };
        let places = mounts.iter().map(|mount| (mount.place.clone(), disks(mount))).collect();
        Self { places }
    }
}

/// The block devices of a mount. A file system over several has a number that is no device's, and names them,
/// or one of them (Btrfs), as its source.
fn devices(mount: &Mount, named: &dyn Fn(&str) -> Option<DeviceNumber>) -> Vec<DeviceNumber> {
    match mount.device {
        (0, _) => {
            let names = mount.source.split(':').filter(|name| name.starts_with("/dev/"));
            names.filter_map(named).collect()
        }
        device => vec![device],
    }
}

fn add_disks(
    device: DeviceNumber,
    block_device: &dyn Fn(DeviceNumber) -> Option<BlockDevice>,
    depth: u32,
    found: &mut BTreeSet<Disk>,
) {
    let Some(BlockDevice { name, turns, is_virtual, lies_on }) = block_device(device) else { return };
    if lies_on.is_empty() || depth == 0 {
        let kind = match turns {
            Some(false) => DiskKind::Solid,
            _ if is_virtual => DiskKind::Virtual,
            Some(true) => DiskKind::Spinning,
            None => DiskKind::Unknown,
        };
        found.insert(Disk { name, kind });
        return;
    }
    for below in lies_on {
        add_disks(below, block_device, depth - 1, found);
    }
}

/// Whether the system says that a device, or one that it lies on, turns. It is asked of no mount.
pub(crate) fn spins(device: DeviceNumber) -> bool {
    let mut found = BTreeSet::new();
    add_disks(device, &|device| block_device(Path::new("/sys"), device), DEEPEST, &mut found);
    found.iter().any(|disk| disk.kind == DiskKind::Spinning)
}

/// The number of a device by its path.
fn named(sys: &Path, path: &str) -> Option<DeviceNumber> {
    // A container shows the name and not always the device.
    let by_name = || {
        let name = Path::new(path).file_name()?;
        device_number(&fs::read_to_string(sys.join("class/block").join(name).join("dev")).ok()?)
    };
    let number = fs::metadata(path).map_or(0, |metadata| metadata.rdev());
    let number = (rustix::fs::major(number), rustix::fs::minor(number));
    if number == (0, 0) { by_name() } else { Some(number) }
}

/// A block device as the kernel shows it below `/sys`
/// (<https://docs.kernel.org/admin-guide/abi-stable.html#abi-sys-block-disk-queue-rotational>).
fn block_device(sys: &Path, (major, minor): DeviceNumber) -> Option<BlockDevice> {
    let folder = fs::canonicalize(sys.join(format!("dev/block/{major}:{minor}"))).ok()?;
    let number_in = |folder: &Path| device_number(&fs::read_to_string(folder.join("dev")).ok()?);
    let lies_on = if folder.join("partition").exists() {
        folder.parent().and_then(number_in).into_iter().collect()
    } else {
        let slaves = fs::read_dir(folder.join("slaves")).into_iter().flatten().flatten();
        slaves.filter_map(|slave| number_in(&slave.path())).collect()
    };
    let turns = fs::read_to_string(folder.join("queue/rotational")).ok().map(|text| text.trim() == "1");
    let name = folder.file_name()?.to_string_lossy().into_owned();
    let word = |file: &str| fs::read_to_string(folder.join("device").join(file)).unwrap_or_default();
    let driver = fs::read_link(folder.join("device/driver")).unwrap_or_default();
    let driver = driver.file_name().unwrap_or_default().to_string_lossy();
    let is_virtual = is_virtual(&driver, &word("vendor"), &word("model"));
    Some(BlockDevice { name, turns, is_virtual, lies_on })
}

/// Whether a disk is a virtual machine's: by its driver (`/dev/vda`, `/dev/xvda`), or where it looks like a
/// SCSI or ATA disk by the name that its host gave it.
fn is_virtual(driver: &str, vendor: &str, model: &str) -> bool {
    let (vendor, model) = (vendor.trim(), model.trim());
    let is_named = |begin: &&str| vendor.starts_with(*begin) || model.starts_with(*begin);
    matches!(driver, "virtio_blk" | "vbd") || VIRTUAL.iter().any(is_named)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const TABLE: &[u8] = b"26 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
        40 26 253:3 / /films rw - xfs /dev/mapper/films rw\n\
        41 26 9:0 / /raid rw - ext4 /dev/md0 rw\n\
        42 26 0:50 / /nas rw - nfs4 nas:/films rw\n\
        43 26 0:50 /a /nas-again rw - nfs4 nas:/films/a rw\n\
        44 26 0:51 / /pool rw - fuse.mergerfs a:b rw\n\
        45 26 0:52 / /btrfs rw - btrfs /dev/sdb1 rw\n\
        46 26 0:53 / /bcachefs rw - bcachefs /dev/sdb1:/dev/sdc rw\n\
        47 26 0:54 / /tank/music rw - zfs tank/music rw\n\
        48 26 0:55 / /dev/shm rw - tmpfs tmpfs rw\n\
        49 26 0:56 / /odd rw - overlay overlay rw\n\
        50 40 8:49 / /films/mounted\\040below rw - fuseblk /dev/sdd1 rw\n";

    /// A machine with a solid disk, two that turn, and one of which the kernel says nothing.
    fn device(number: DeviceNumber) -> Option<BlockDevice> {
        let (name, turns, lies_on): (_, _, &[DeviceNumber]) = match number {
            (8, 0) => ("sda", Some(false), &[]),
            (8, 1) => ("sda1", None, &[(8, 0)]),
            (8, 16) => ("sdb", Some(true), &[]),
            (8, 17) => ("sdb1", None, &[(8, 16)]),
            (8, 32) => ("sdc", Some(true), &[]),
            (8, 48) => ("sdd", None, &[]),
            (8, 49) => ("sdd1", None, &[(8, 48)]),
            (9, 0) => ("md0", Some(true), &[(8, 17), (8, 32)]),
            // Encrypted, on a volume, on a partition.
            (253, 3) => ("dm-3", Some(true), &[(253, 1)]),
            (253, 1) => ("dm-1", Some(true), &[(8, 17)]),
            (254, 0) => ("vda", Some(true), &[]),
            (254, 1) => ("vda1", None, &[(254, 0)]),
            (254, 16) => ("vdb", Some(false), &[]),
            // Nothing that could be.
            (99, 9) => ("ring", Some(true), &[(99, 9)]),
            _ => return None,
        };
        let (is_virtual, lies_on) = (name.starts_with("vd"), lies_on.to_vec());
        Some(BlockDevice { name: name.to_owned(), turns, is_virtual, lies_on })
    }

    fn disks(table: &[u8]) -> Disks {
        let named = |path: &str| match path {
            "/dev/sdb1" => Some((8, 17)),
            "/dev/sdc" => Some((8, 32)),
            _ => None,
        };
        Disks::found(mount_table::mounts(table), &named, &device)
    }

    fn shown(disks: &Disks, path: &str) -> String {
        let shown = |disk: &Disk| format!("{} {}", disk.name, disk.kind.as_str());
        disks.of(Path::new(path)).iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_path_lies_on_the_disks_below_its_nearest_mount() {
        let disks = disks(TABLE);
        for (path, expect) in [
            ("/home/a", "sda solid"),
            ("/filmstrips", "sda solid"),
            ("/films/Heat (1995)", "sdb spinning"),
            ("/films/mounted below/a", "sdd unknown"),
            ("/raid", "sdb spinning, sdc spinning"),
            ("/nas/a", "/nas network"),
            ("/nas-again", "/nas network"),
            ("/pool/a", "/pool network"),
            ("/btrfs", "sdb spinning"),
            ("/bcachefs", "sdb spinning, sdc spinning"),
            ("/tank/music/a", "pool tank unknown"),
            ("/dev/shm/a", "memory solid"),
            ("/odd/a", "/odd unknown"),
            ("relative", ""),
        ] {
            assert_eq!(shown(&disks, path), expect, "{path}");
        }
    }

    #[test]
    fn what_is_mounted_over_a_place_is_what_is_read_there() {
        let table = [TABLE, b"60 26 8:32 / /films rw - ext4 /dev/sdc rw\n"].concat();
        assert_eq!(shown(&disks(&table), "/films/a"), "sdc spinning");
    }

    #[test]
    fn a_virtual_disk_is_taken_for_none_that_spins_unless_that_is_asked_for() {
        let disks =
            disks(b"60 26 254:1 / /a rw - ext4 /dev/vda1 rw\n61 26 254:16 / /b rw - ext4 /dev/vdb rw");
        assert_eq!((shown(&disks, "/a"), shown(&disks, "/b")), ("vda virtual".into(), "vdb solid".into()));
        let disks = disks.with_virtual_ones_spinning();
        assert_eq!((shown(&disks, "/a"), shown(&disks, "/b")), ("vda spinning".into(), "vdb solid".into()));
        for (driver, vendor, model, expect) in [
            ("virtio_blk", "0x1af4\n", "", true),
            ("vbd", "", "", true),
            ("sd", "QEMU    \n", "QEMU HARDDISK   \n", true),
            ("sd", "ATA     \n", "VBOX HARDDISK   \n", true),
            ("sd", "VMware, \n", "VMware Virtual S\n", true),
            ("sd", "Msft    \n", "Virtual Disk    \n", true),
            ("sd", "Google  \n", "PersistentDisk  \n", true),
            ("sd", "ATA     \n", "WDC WD40EFRX-68N\n", false),
            ("nvme", "", "Samsung SSD 970\n", false),
            ("", "", "", false),
        ] {
            assert_eq!(is_virtual(driver, vendor, model), expect, "{driver} {vendor} {model}");
        }
    }

    #[test]
    fn devices_that_lie_on_themselves_come_to_an_end() {
        assert_eq!(shown(&disks(b"60 26 99:9 / / rw - ext4 /dev/ring rw"), "/a"), "ring spinning");
    }

    #[test]
    fn only_a_disk_without_a_head_has_many_readers() {
        use DiskKind::{Network, Solid, Spinning, Unknown, Virtual};
        let badly = [Spinning, Solid, Virtual, Network, Unknown].map(DiskKind::is_shared_badly);
        assert_eq!(badly, [true, false, false, true, true]);
    }

    #[test]
    fn the_kernels_folders_tell_a_partitions_disk_and_a_volumes_partition() {
        let sys = butler_fixtures::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = sys.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("block/sdb/dev", "8:16\n");
        write("block/sdb/queue/rotational", "1\n");
        write("block/sdb/sdb1/dev", "8:17\n");
        write("block/sdb/sdb1/partition", "1\n");
        write("block/dm-1/dev", "253:1\n");
        write("block/dm-1/queue/rotational", "0\n");
        fs::create_dir_all(sys.path().join("block/dm-1/slaves")).unwrap();
        fs::create_dir_all(sys.path().join("dev/block")).unwrap();
        symlink("../../sdb/sdb1", sys.path().join("block/dm-1/slaves/sdb1")).unwrap();
        write("block/sda/dev", "8:0\n");
        write("block/sda/queue/rotational", "1\n");
        write("block/sda/device/vendor", "QEMU    \n");
        write("block/vda/queue/rotational", "1\n");
        fs::create_dir_all(sys.path().join("block/vda/device")).unwrap();
        symlink("../../../bus/virtio/drivers/virtio_blk", sys.path().join("block/vda/device/driver"))
            .unwrap();
        let folders =
            [("8:16", "sdb"), ("8:17", "sdb/sdb1"), ("253:1", "dm-1"), ("8:0", "sda"), ("254:0", "vda")];
        for (number, folder) in folders {
            symlink(format!("../../block/{folder}"), sys.path().join("dev/block").join(number)).unwrap();
        }
        let device = |number| block_device(sys.path(), number);
        let mut found = BTreeSet::new();
        add_disks((253, 1), &device, DEEPEST, &mut found);
        let expect = Disk { name: "sdb".to_owned(), kind: DiskKind::Spinning };
        assert_eq!(found, BTreeSet::from([expect]));
        assert!(device((8, 99)).is_none());
        // And from a table of mounts on: what a machine of this kind finds.
        write("class/block/sdb1/dev", "8:17\n");
        let table = b"26 1 254:0 / / rw - ext4 /dev/vda rw\n40 26 253:1 / /films rw - xfs /dev/mapper/a rw\n\
            41 26 8:0 / /music rw - ext4 /dev/sda rw\n42 26 0:52 / /btrfs rw - btrfs /no/dev rw\n\
            43 26 0:53 / /more rw - btrfs /dev/sdb1 rw\n";
        let disks = Disks::of_table(mount_table::mounts(table), sys.path());
        let shown = ["/", "/films", "/music", "/btrfs", "/more"].map(|path| shown(&disks, path));
        assert_eq!(shown, ["vda virtual", "sdb spinning", "sda virtual", "/btrfs unknown", "sdb spinning"]);
    }
}
