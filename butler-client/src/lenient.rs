//! Reads Plex's bodies as servers old and new, and their XML, write them: numbers as texts, booleans as 0 and
//! 1, one element in place of a list of one. Fields that nobody knows are left aside, as serde does.
//!
//! It bends values only towards what a field asks for, and invents none: what is missing stays missing.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Number, Value};

/// A value that is read leniently, with all that is in it.
pub(crate) struct Lenient(pub(crate) Value);

impl Lenient {
    /// The number that a value is, or stands for.
    fn number(self) -> Value {
        match self.0 {
            Value::String(text) => parse(text.trim()).map_or(Value::String(text), Value::Number),
            Value::Bool(flag) => Value::Number(u8::from(flag).into()),
            other => other,
        }
    }

    /// The same for who wants a whole number: what lies behind the point is dropped.
    fn whole_number(self) -> Value {
        #[expect(clippy::cast_possible_truncation, reason = "a number that is no i64 is not taken below")]
        match self.number() {
            Value::Number(number) if number.is_f64() => {
                let whole = number.as_f64().filter(|value| value.abs() < 9.0e15).map(|value| value as i64);
                whole.map_or(Value::Number(number), |whole| Value::Number(whole.into()))
            }
            other => other,
        }
    }
}

fn parse(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    whole.ok().or_else(|| Number::from_f64(text.parse().ok()?))
}

macro_rules! numbers {
    ($form:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$form().$method(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Lenient {
    type Error = Error;

    numbers! { whole_number: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8
    deserialize_u16 deserialize_u32 deserialize_u64 }
    numbers! { number: deserialize_f32 deserialize_f64 }
    forward_to_deserialize_any! { char bytes byte_buf unit unit_struct tuple tuple_struct identifier }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(list) => visitor.visit_seq(SeqDeserializer::new(list.into_iter().map(Lenient))),
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, Self(value)));
                visitor.visit_map(MapDeserializer::new(fields))
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0 {
            Value::String(text) if matches!(text.as_str(), "1" | "true") => visitor.visit_bool(true),
            Value::String(text) if matches!(text.as_str(), "0" | "false" | "") => visitor.visit_bool(false),
            Value::Number(number) if number.as_u64() == Some(1) => visitor.visit_bool(true),
            Value::Number(number) if number.as_u64() == Some(0) => visitor.visit_bool(false),
            _ => self.0.deserialize_bool(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Number(number) => visitor.visit_string(number.to_string()),
            other => other.deserialize_string(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let list = match self.0 {
            Value::Array(list) => list,
            Value::Null => Vec::new(),
            one => vec![one],
        };
        visitor.visit_seq(SeqDeserializer::new(list.into_iter().map(Lenient)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let one = match self.0 {
            // An element that there is once stands in a list of one.
            Value::Array(mut list) if list.len() == 1 => list.remove(0),
            other => other,
        };
        match one {
            Value::Object(_) => Self(one).deserialize_any(visitor),
            other => other.deserialize_map(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

impl IntoDeserializer<'_, Error> for Lenient {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Body {
        number: i8,
        flag: bool,
        text: String,
        #[serde(default)]
        list: Vec<Inner>,
        maybe: Option<u64>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        id: u32,
    }

    fn read(body: Value) -> Result<Body, String> {
        Body::deserialize(Lenient(body)).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_taken_for_what_their_fields_want() {
        let expect = |list, maybe| Body { number: 7, flag: true, text: "12".into(), list, maybe };
        for (body, list, maybe) in [
            (json!({"number": 7, "flag": true, "text": "12"}), vec![], None),
            (
                json!({"number": "7", "flag": 1, "text": 12, "list": {"id": "1"}, "maybe": "3"}),
                vec![1],
                Some(3),
            ),
            (
                json!({"number": "7.9", "flag": "1", "text": "12", "list": [{"id": 1.0}, {"id": 2}]}),
                vec![1, 2],
                None,
            ),
            (
                json!({"number": 7.2, "flag": "true", "text": "12", "list": null, "maybe": null, "more": {}}),
                vec![],
                None,
            ),
        ] {
            let list = list.into_iter().map(|id| Inner { id }).collect();
            assert_eq!(read(body.clone()), Ok(expect(list, maybe)), "{body}");
        }
    }

    #[test]
    fn what_is_something_else_is_refused_and_what_is_missing_stays_so() {
        let whole = json!({"number": 7, "flag": true, "text": "12"});
        for (field, value) in [
            ("number", json!("seven")),
            ("number", json!(1e300)),
            ("number", json!(300)),
            ("flag", json!(2)),
            ("flag", json!("yes")),
            ("text", json!([])),
            ("list", json!(7)),
            ("maybe", json!({})),
        ] {
            let mut body = whole.clone();
            body[field] = value;
            assert!(read(body.clone()).is_err(), "{body}");
        }
        assert_eq!(read(json!({"number": 7, "flag": true})), Err("missing field `text`".to_owned()));
        assert!(read(json!([whole, whole])).is_err());
    }
}
