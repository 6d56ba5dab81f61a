//! Objects and words only: serde's derived readers would also take a list of the values in the order of the fields.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{Error as Plain, MapAccessDeserializer, StrDeserializer, UnitDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Reads a struct from an object in braces, and from nothing else.
///
/// # Errors
/// It is no object, or not one of the struct's.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_map(Only(PhantomData))
}

/// The same for a list of structs.
///
/// # Errors
/// It is no list, or one of its elements is no object, or not one of the struct's.
pub fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let list: Vec<Object<T>> = Vec::deserialize(deserializer)?;
    Ok(list.into_iter().map(|object| object.0).collect())
}

/// The same for a struct that may be left out.
///
/// # Errors
/// It is no object, or not one of the struct's.
pub fn some_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    object(deserializer).map(Some)
}

/// A struct that was an object.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object(deserializer).map(Self)
    }
}

/// Reads one of an enum's words, and nothing else: serde's derived readers would also take an object of the word and null.
///
/// # Errors
/// It is no text, or not one of the words.
pub fn word<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(AWord(PhantomData))
}

/// The same for a word that may be left out.
///
/// # Errors
/// It is no text, or not one of the words.
pub fn some_word<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer).map(|found| found.map(|Word(word)| word))
}

struct Word<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer).map(Self)
    }
}

struct AWord<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AWord<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The enum itself knows its words; it says them when it is given another.
        let refusal = T::deserialize(StrDeserializer::<Plain>::new(""))
            .err()
            .map(|error| error.to_string());
        let wanted = refusal
            .as_deref()
            .and_then(|text| text.split_once(", expected "));
        f.write_str(wanted.map_or("a word in double quotes", |(_, wanted)| wanted))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::deserialize(StrDeserializer::new(text))
    }
}

struct Only<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Only<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The struct itself knows what it wants to be; it says so when it is given nothing.
        let refusal = T::deserialize(UnitDeserializer::<Plain>::new())
            .err()
            .map(|error| error.to_string());
        let wanted = refusal
            .as_deref()
            .and_then(|text| text.split_once(", expected "));
        f.write_str(wanted.map_or("an object in braces", |(_, wanted)| wanted))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}
