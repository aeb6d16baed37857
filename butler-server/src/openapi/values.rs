//! What products are called and hold: the bodies' crate knows no product, and the products' crate no body, so
//! that the two meet here, and in the query words that name a product.

use butler_product::{ProductKind, Value};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::view::failures::OF_PATH;

/// The schema of every product's value.
const VALUE: &str = "ProductValue";
/// The bodies that have one.
const BODIES: [&str; 2] = ["Product", "ItemProduct"];

/// A product of files.
pub(crate) struct FileProduct;

/// Products with commas between.
pub(crate) struct ProductList;

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// One of these products.
fn one_of(kinds: impl Iterator<Item = ProductKind>) -> ObjectBuilder {
    text().enum_values(Some(kinds.map(ProductKind::as_str)))
}

/// The products that are made of files, and not derived of what was made of several.
pub(crate) fn of_files() -> impl Iterator<Item = ProductKind> {
    ProductKind::ALL.into_iter().filter(|kind| !kind.is_derived())
}

impl PartialSchema for FileProduct {
    fn schema() -> RefOr<Schema> {
        one_of(of_files()).into()
    }
}

impl ToSchema for FileProduct {}

impl PartialSchema for ProductList {
    fn schema() -> RefOr<Schema> {
        let any = ProductKind::ALL.map(ProductKind::as_str).join("|");
        text().pattern(Some(format!("^({any})(,({any}))*$"))).into()
    }
}

impl ToSchema for ProductList {}

/// Says what `value` of these bodies is, and which products there are wherever a body names one.
pub(super) fn complete(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    let mut schemas = Vec::new();
    Value::schemas(&mut schemas);
    schemas.push((VALUE.to_owned(), Value::schema()));
    components.schemas.extend(schemas);
    let mut describe = |body: &str, field: &str, schema: RefOr<Schema>| {
        if let Some(RefOr::T(Schema::Object(body))) = components.schemas.get_mut(body) {
            let told = match body.properties.get(field) {
                Some(RefOr::T(Schema::Object(old))) => old.description.clone(),
                Some(RefOr::T(Schema::Array(old))) => old.description.clone(),
                _ => None,
            };
            let schema = match schema {
                RefOr::T(Schema::Object(new)) => {
                    Schema::Object(ObjectBuilder::from(new).description(told).build()).into()
                }
                RefOr::T(Schema::Array(new)) => {
                    Schema::Array(ArrayBuilder::from(new).description(told).build()).into()
                }
                other => other,
            };
            body.properties.insert(field.into(), schema);
        }
    };
    for body in BODIES {
        describe(body, "value", RefOr::Ref(Ref::from_schema_name(VALUE)));
    }
    for body in ["Product", "ItemProduct", "OpenProduct"] {
        describe(body, "product", one_of(ProductKind::ALL.into_iter()).into());
    }
    let failed = ProductKind::ALL.map(ProductKind::as_str).into_iter().chain([OF_PATH]);
    for body in ["Failure", "FailureGroup"] {
        describe(body, "product", text().enum_values(Some(failed.clone())).into());
    }
    let kinds = ArrayBuilder::new().items(one_of(ProductKind::ALL.into_iter()));
    describe("RemadeBy", "kinds", Schema::Array(kinds.build()).into());
}
