//! What products hold: the bodies' crate knows no product, and the products' crate no body, so that the two
//! meet here.

use butler_product::Value;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{OpenApi, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// The schema of every product's value.
const VALUE: &str = "ProductValue";
/// The bodies that have one.
const BODIES: [&str; 2] = ["Product", "ItemProduct"];

/// Says what `value` of these bodies is.
pub(super) fn complete(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    let mut schemas = Vec::new();
    Value::schemas(&mut schemas);
    schemas.push((VALUE.to_owned(), Value::schema()));
    components.schemas.extend(schemas);
    for body in BODIES {
        if let Some(RefOr::T(Schema::Object(body))) = components.schemas.get_mut(body) {
            body.properties.insert("value".into(), RefOr::Ref(Ref::from_schema_name(VALUE)));
        }
    }
}
