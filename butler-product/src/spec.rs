//! A product that can be wanted, and the value that comes of it; both made of the list.

use serde::{Deserialize, Serialize};

use crate::list::products;
use crate::product::{Line, Listed, Product};
use crate::{Fingerprint, ProductKind};

/// The canonical text of a spec's parameters, as the database stores and compares it: `interval_ms=10000
/// width=320`, empty where a kind has none.
pub type Params = String;

macro_rules! specs {
    ($($(#[$doc:meta])* $kind:ident $(($params:ty))? = $value:ty;)+) => {
        /// What is wanted of a source: a kind with its parameters. The version is this build's.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Spec {
            $($(#[$doc])* $kind $(($params))?,)+
        }

        /// What came of a spec.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ProductValue))]
        #[serde(tag = "value", rename_all = "snake_case")]
        pub enum Value {
            /// There is nothing there to make it of, a film without video say: neither a lack nor a failure.
            Nothing {
                /// One English sentence that says why.
                why: String,
            },
            $($(#[$doc])* $kind(Box<$value>),)+
        }

        impl Spec {
            /// Its kind.
            pub const fn kind(&self) -> ProductKind {
                match self {
                    $(Self::$kind { .. } => ProductKind::$kind,)+
                }
            }

            /// The spec of a kind, with the parameters that it has if nobody says otherwise.
            pub fn of(kind: ProductKind) -> Self {
                match kind {
                    $(ProductKind::$kind => Self::$kind $((<$params>::default()))?,)+
                }
            }

            /// The canonical text of its parameters.
            pub fn params(&self) -> Params {
                $($(if let Self::$kind(params) = self {
                    let params: &$params = params;
                    return params.to_string();
                })?)+
                String::new()
            }
        }

        impl Value {
            /// The kind of what it holds; none where there is nothing there.
            pub const fn kind(&self) -> Option<ProductKind> {
                match self {
                    Self::Nothing { .. } => None,
                    $(Self::$kind(_) => Some(ProductKind::$kind),)+
                }
            }

            /// Whether what it holds is within its bounds; see [`Product::is_sound`].
            fn is_sound(&self) -> bool {
                match self {
                    Self::Nothing { .. } => true,
                    $(Self::$kind(value) => value.is_sound(),)+
                }
            }

            /// What it says, for people.
            pub fn summary(&self) -> Vec<Line> {
                match self {
                    Self::Nothing { why } => vec![Line::text("", why.clone())],
                    $(Self::$kind(value) => value.summary(),)+
                }
            }
        }

        $(impl From<$value> for Value {
            fn from(value: $value) -> Self {
                Self::$kind(Box::new(value))
            }
        }

        impl Listed for $value {
            const KIND: ProductKind = ProductKind::$kind;

            fn in_value(value: &Value) -> Option<&Self> {
                if let Value::$kind(held) = value { Some(held) } else { None }
            }

            fn out_of(value: Value) -> Option<Self> {
                if let Value::$kind(held) = value { Some(*held) } else { None }
            }
        })+
    };
}

products!(specs);

impl Value {
    /// What it holds, if it is of that kind.
    pub fn get<P: Listed>(&self) -> Option<&P> {
        P::in_value(self)
    }

    /// The same, taken out.
    pub fn take<P: Listed>(self) -> Option<P> {
        P::out_of(self)
    }
}

impl Spec {
    /// Whether a value is an answer to it: of its kind or nothing, within its bounds, and with a blob of as
    /// many bytes as were `written` exactly where it has one.
    pub fn is_answered_by(&self, value: &Value, blob_bytes: Option<u64>, written: Option<u64>) -> bool {
        match value.kind() {
            None => blob_bytes.is_none(),
            Some(kind) if kind != self.kind() || !value.is_sound() => false,
            Some(kind) if kind.has_blob() => blob_bytes.is_some() && blob_bytes == written,
            Some(_) => blob_bytes.is_none(),
        }
    }

    /// The name of its blob for a source: kind, version and parameters by hash, so that a name is never used
    /// for other bytes. Shape: `bif/ab/abcdef….bif`, relative to the folder of blobs.
    pub fn blob_name(&self, source: Fingerprint) -> String {
        let kind = self.kind();
        let extension = kind.blob_extension().unwrap_or("blob");
        let identity = format!("{source} {kind} {} {}", kind.version(), self.params());
        let hash = blake3::hash(identity.as_bytes()).to_hex();
        format!("{kind}/{}/{hash}.{extension}", &hash[..2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::Tags;

    #[test]
    fn a_spec_of_a_kind_is_of_that_kind_and_goes_over_the_wire_as_itself() {
        for kind in ProductKind::ALL {
            let spec = Spec::of(kind);
            assert_eq!(spec.kind(), kind);
            let wire = serde_json::to_value(&spec).unwrap();
            assert_eq!(wire["kind"], kind.as_str());
            assert_eq!(serde_json::from_value::<Spec>(wire).unwrap(), spec);
        }
    }

    #[test]
    fn a_value_knows_its_kind_and_is_given_out_only_as_what_it_is() {
        let value = Value::from(Tags::default());
        assert_eq!(value.kind(), Some(ProductKind::Tags));
        assert_eq!(serde_json::to_value(&value).unwrap()["value"], "tags");
        assert_eq!((value.get(), value.get()), (Some(&Tags::default()), None::<&crate::photo::Photo>));
        assert_eq!(value.take(), Some(Tags::default()));
    }

    #[test]
    fn a_blobs_name_is_that_of_its_content_kind_and_parameters() {
        let name = |spec: &Spec| spec.blob_name(Fingerprint([7; 32]));
        let bif = name(&Spec::of(ProductKind::Bif));
        assert!(bif.starts_with("bif/") && bif.ends_with(".bif"), "{bif}");
        let params = crate::bif::Params::new(2_000, 320).unwrap();
        assert_ne!(name(&Spec::Bif(params)), bif);
        assert_ne!(Spec::Bif(params).blob_name(Fingerprint([8; 32])), name(&Spec::Bif(params)));
    }
}
