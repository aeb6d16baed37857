//! The kernel's table of what is mounted where (`proc_pid_mountinfo(5)`). To read it touches no mount: one
//! that hangs holds nobody up.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

pub(crate) const TABLE: &str = "/proc/self/mountinfo";

/// Major and minor number of a device.
pub(crate) type DeviceNumber = (u32, u32);

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// The mount's own number.
    pub(crate) number: u32,
    /// The device of its file system, which all mounts of that have in common.
    pub(crate) device: DeviceNumber,
    pub(crate) place: PathBuf,
    /// `ext4`, `nfs4`, `fuse.sshfs`.
    pub(crate) file_system: String,
    /// What is mounted, in the file system's own words: `/dev/sda1`, `nas:/films`.
    pub(crate) source: String,
}

/// The table as it is now, in its order.
pub(crate) fn now() -> io::Result<Vec<Mount>> {
    Ok(mounts(&std::fs::read(TABLE)?))
}

/// The mounts of a table; what is no line of one is passed over.
pub(crate) fn mounts(table: &[u8]) -> Vec<Mount> {
    table.split(|byte| *byte == b'\n').filter_map(mount).collect()
}

/// A device's numbers as the kernel writes them: `8:1`.
pub(crate) fn device_number(text: &str) -> Option<DeviceNumber> {
    let (major, minor) = text.trim().split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let number = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    let device = device_number(std::str::from_utf8(fields.nth(1)?).ok()?)?;
    let place = PathBuf::from(unescaped(fields.nth(1)?));
    // Behind a dash stands what the file system says, before it fields that may be there.
    let mut of_file_system = fields.skip_while(|field| *field != b"-").skip(1);
    let mut word = || Some(unescaped(of_file_system.next()?).to_string_lossy().into_owned());
    Some(Mount { number, device, place, file_system: word()?, source: word()? })
}

/// A field of the table, in which a blank stands as `\040`.
fn unescaped(text: &[u8]) -> OsString {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..3).filter(|_| *first == b'\\');
        let code = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[3..] } else { behind };
    }
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_mounted_where_and_what_is_none_is_passed_over() {
        let table = b"26 1 8:1 / / rw - ext4 /dev/sda1 rw\nno table\n\n40 26 0:52 / /new\\040films rw \
            shared:1 master:2 - nfs4 nas:/films rw,vers=4.2\n41 26 x:1 / /a rw - ext4 /dev/sdb rw\n42 26 8:3 / /b rw";
        let mount = |number, device, place: &str, file_system: &str, source: &str| Mount {
            number,
            device,
            place: place.into(),
            file_system: file_system.to_owned(),
            source: source.to_owned(),
        };
        let expect = [
            mount(26, (8, 1), "/", "ext4", "/dev/sda1"),
            mount(40, (0, 52), "/new films", "nfs4", "nas:/films"),
        ];
        assert_eq!(mounts(table), expect);
    }

    #[test]
    fn this_machines_own_table_has_a_root() {
        assert!(now().unwrap().iter().any(|mount| mount.place.as_os_str() == "/"));
    }
}
