//! What the OpenAPI document says of values whose Rust type says less: words out of a list, and values that
//! are a number or a text. Each list stands here once, and bodies name it.

use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::{RunId, TaskName};

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident = $($word:literal),+;)+) => {
        $($(#[$doc])*
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                text().enum_values(Some([$($word),+])).into()
            }
        }

        impl ToSchema for $name {})+
    };
}

lists! {
    /// What the value of a report's fact is.
    FactUnit = "count", "bytes", "ms", "text";
    /// What a plan does to a file.
    DeedWord = "write", "remove", "rename", "compress", "forget", "remake", "compact", "analyze", "add", "move",
        "change", "restore", "miss";
    /// What became of a file whose tags were to be written.
    TagsOutcome = "written", "would_be_written", "left_alone";
    /// What a setting takes.
    SettingType = "bool", "int", "text";
    /// Who gave a setting's value.
    SettingSource = "default", "file", "person";
    /// What a disk is like to read from.
    DiskWord = "spinning", "solid", "virtual", "network", "unknown";
    /// Whether all is well.
    HealthStatus = "ok", "degraded";
    /// What a failure counts against: the content, its place, or the worker that read it.
    FailureClass = "content", "source", "worker";
    /// Where packets were learnt of: from the headers, or by reading the file through.
    BandwidthSource = "headers", "packets";
    /// The part of the settings to which one belongs.
    SettingGroup = "general", "butler", "library";
    /// What kind of items a section holds.
    SectionType = "movie", "show", "artist", "photo";
    /// What kind of item a file is of.
    FileItemType = "movie", "episode", "track", "photo", "extra";
    /// A switch: on, or off.
    Switch = "1", "0", "true", "false";
    /// Plex's numbers of the types of items.
    ItemType = 1, 2, 3, 4, 8, 9, 10, 12, 13, 14, 18;
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $form:expr;)+) => {
        $($(#[$doc])*
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $form(text()).into()
            }
        }

        impl ToSchema for $name {})+
    };
}

fn format(format: KnownFormat) -> impl Fn(ObjectBuilder) -> ObjectBuilder {
    move |text| text.format(Some(SchemaFormat::KnownFormat(format.clone())))
}

fn pattern(pattern: &str) -> impl Fn(ObjectBuilder) -> ObjectBuilder {
    move |text| text.pattern(Some(pattern))
}

texts! {
    /// A maintenance day.
    Day = format(KnownFormat::Date);
    /// A moment, with its zone.
    Instant = format(KnownFormat::DateTime);
    /// The place of a failure in the list of all: milliseconds and id.
    FailureMark = pattern(r"^[0-9]{1,13}\.[0-9]{1,18}$");
    /// How long a pause lasts; other spellings of a time are read too.
    HoldTime = pattern("^(until-window|[1-9][0-9]{0,2}h([1-5]?[0-9]m)?|[1-9][0-9]{0,4}m)$");
    /// What a plan is known by.
    PlanDigest = pattern("^[0-9a-f]+$");
    /// A whole path in base64, with the alphabet of URLs, or any other.
    Base64 = pattern("^([A-Za-z0-9_-]{4})+$");
    /// A whole path on the server's machine.
    FilePath = pattern("^/");
    /// A section's name: one line, and not blank.
    SectionName = |text: ObjectBuilder| {
        let breaks = r"\x00-\x1f\x7f-\x9f\u2028\u2029";
        let form = format!("^[^{breaks}]*[^\\s{breaks}][^{breaks}]*$");
        text.min_length(Some(1)).max_length(Some(100)).pattern(Some(form))
    };
}

/// A fact's value: a whole number, or a text where its unit is `text`.
pub struct FactValue;

impl PartialSchema for FactValue {
    fn schema() -> RefOr<Schema> {
        let number: Object = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).into();
        let text: Object = text().into();
        OneOfBuilder::new().item(Schema::Object(number)).item(Schema::Object(text)).into()
    }
}

impl ToSchema for FactValue {}

impl PartialSchema for RunId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .description(Some("The id of one run."))
            .examples([7])
            .into()
    }
}

impl ToSchema for RunId {}

impl PartialSchema for TaskName {
    fn schema() -> RefOr<Schema> {
        // No list: another server, and a later Butler, have others.
        text()
            .description(Some("The name of a task; `GET /butler` lists those that there are."))
            .examples(Self::KNOWN.iter().map(Self::as_str))
            .into()
    }
}

impl ToSchema for TaskName {}
