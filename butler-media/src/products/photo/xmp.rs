//! Reads the dates of an XMP packet and of the IPTC records beside it.
//!
//! A property is an attribute or an element of its own, under whatever prefix; its namespace tells what it
//! is. Sources: XMP part 1 and 2 (ISO 16684-1), IPTC-IIM 4.2 (1.15 to 2.63), Photoshop file formats (image
//! resources).

use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::{QName, ResolveResult};

const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
/// Events of a packet that are read.
const MAX_EVENTS: usize = 100_000;

/// Dates as texts, each the surest that was found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Dates {
    /// When the picture was taken.
    pub(super) original: Option<String>,
    /// When this form of it was made: digitised, or written first.
    pub(super) created: Option<String>,
    /// When it was changed last.
    pub(super) changed: Option<String>,
}

/// The dates of an XMP packet; those before a damaged place.
pub(super) fn dates(packet: &[u8]) -> Dates {
    let mut reader = NsReader::from_reader(packet);
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    for _ in 0..MAX_EVENTS {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                open = rank(&reader, element.name());
                attributes(&reader, &element, &mut found);
            }
            Ok(Event::Empty(element)) => attributes(&reader, &element, &mut found),
            Ok(Event::Text(text)) => {
                if let Some(rank) = open {
                    found.push((rank, text.trim().to_owned()));
                }
            }
            Ok(Event::End(_)) => open = None,
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    let best = |ranks: std::ops::Range<usize>| {
        let of = |(rank, text): &&(usize, String)| ranks.contains(rank) && !text.is_empty();
        found.iter().filter(of).min_by_key(|(rank, _)| *rank).map(|(_, text)| text.clone())
    };
    Dates { original: best(0..2), created: best(2..4), changed: best(4..6) }
}

fn attributes(
    reader: &NsReader<&[u8]>,
    element: &quick_xml::events::BytesStart<'_>,
    found: &mut Vec<(usize, String)>,
) {
    for attribute in element.attributes().flatten() {
        if let Some(rank) = rank_of(reader.resolver().resolve_attribute(attribute.key)) {
            found.push((rank, attribute.value.trim().to_owned()));
        }
    }
}

fn rank(reader: &NsReader<&[u8]>, name: QName<'_>) -> Option<usize> {
    rank_of(reader.resolver().resolve_element(name))
}

/// Which date it is, the surest of a kind first.
fn rank_of((namespace, name): (ResolveResult<'_>, quick_xml::name::LocalName<'_>)) -> Option<usize> {
    let ResolveResult::Bound(namespace) = namespace else { return None };
    let properties = [
        (EXIF, "DateTimeOriginal"),
        (PHOTOSHOP, "DateCreated"),
        (EXIF, "DateTimeDigitized"),
        (XMP, "CreateDate"),
        (XMP, "ModifyDate"),
        (TIFF, "DateTime"),
    ];
    let is = |(of, called): &(&str, &str)| namespace.as_ref() == *of && name.as_ref() == *called;
    properties.iter().position(is)
}

/// The dates of the IPTC records among Photoshop's resources, or that stand alone.
pub(super) fn iptc(resources: &[u8]) -> Dates {
    let records = resource(resources, 0x0404).unwrap_or(resources);
    let text = |number: u8| {
        let value = datasets(records).find(|(record, at, _)| (*record, *at) == (2, number))?.2;
        Some(String::from_utf8_lossy(value).into_owned())
    };
    let joined = |date: Option<String>, time: Option<String>| {
        Some(format!("{} {}", date?, time.unwrap_or_default()).trim_end().to_owned())
    };
    Dates { original: joined(text(55), text(60)), created: joined(text(62), text(63)), changed: None }
}

/// The content of a numbered resource.
fn resource(mut rest: &[u8], wanted: u16) -> Option<&[u8]> {
    while rest.starts_with(b"8BIM") {
        let number = u16::from_be_bytes(*rest.get(4..)?.first_chunk()?);
        // A name with its length in front, filled up to an even number of bytes.
        let name = (usize::from(*rest.get(6)?) + 2) & !1;
        let length = u32::from_be_bytes(*rest.get(6 + name..)?.first_chunk()?) as usize;
        let content = rest.get(10 + name..)?.get(..length)?;
        if number == wanted {
            return Some(content);
        }
        rest = rest.get(10 + name + length + length % 2..)?;
    }
    None
}

/// Record, number and value of each dataset.
fn datasets(records: &[u8]) -> impl Iterator<Item = (u8, u8, &[u8])> {
    let mut rest = records;
    std::iter::from_fn(move || {
        let [0x1C, record, number, high, low] = *rest.first_chunk::<5>()? else { return None };
        let value = rest.get(5..)?.get(..usize::from(u16::from_be_bytes([high, low])))?;
        rest = &rest[5 + value.len()..];
        Some((record, number, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn properties_are_attributes_or_elements_under_any_prefix() {
        let packet = |inner: &str, attributes: &str| {
            format!(
                "<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF \
                 xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description \
                 xmlns:xap='{XMP}' xmlns:e='{EXIF}' xmlns:p='{PHOTOSHOP}' {attributes}>{inner}\
                 </r:Description></r:RDF></x:xmpmeta>"
            )
        };
        let attributes =
            dates(packet("", "xap:CreateDate='2012-01-01' xap:ModifyDate=\"2013-01-01\"").as_bytes());
        assert_eq!(attributes.created, some("2012-01-01"));
        assert_eq!((attributes.original, attributes.changed), (None, some("2013-01-01")));
        let elements = dates(
            packet(
                "<p:DateCreated>2010-01-01</p:DateCreated><e:DateTimeOriginal> 2011-01-01 </e:DateTimeOriginal>",
                "",
            )
            .as_bytes(),
        );
        assert_eq!(elements.original, some("2011-01-01"));
    }

    #[test]
    fn a_packet_that_is_cut_off_or_noise_says_what_it_can() {
        assert_eq!(dates(b""), Dates::default());
        assert_eq!(dates(b"<x a='1' <<>>&"), Dates::default());
        let cut = format!("<a xmlns:xmp='{XMP}' xmp:CreateDate='2012-01-01'><b></c><d");
        assert_eq!(dates(cut.as_bytes()).created, some("2012-01-01"));
    }

    #[test]
    fn iptc_s_date_and_time_stand_apart() {
        let dataset = |number: u8, value: &[u8]| {
            [&[0x1C, 2, number][..], &u16::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
        };
        let records = [dataset(5, b"Title"), dataset(55, b"20121222"), dataset(60, b"103728+0100")].concat();
        let resource = |number: u16, content: &[u8]| {
            let length = u32::try_from(content.len()).unwrap().to_be_bytes();
            [b"8BIM", &number.to_be_bytes()[..], &[0, 0], &length, content, &[0][..content.len() % 2]]
                .concat()
        };
        let resources = [resource(0x03ED, b"odd"), resource(0x0404, &records)].concat();
        assert_eq!(iptc(&resources).original, some("20121222 103728+0100"));
        assert_eq!(iptc(&records).original, some("20121222 103728+0100"));
        for end in 0..resources.len() {
            let _ = iptc(&resources[..end]);
        }
    }
}
