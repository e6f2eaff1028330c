//! The kinds of field a request has, each with its lenient reading and its schema.

use std::fmt;

use ponte_domain::documents::Cpf;
use ponte_domain::limits;
use ponte_domain::money::Money;
use ponte_domain::refusal::Refusal;
use ponte_domain::written_id::WrittenId;
use ponte_platform::fields::{Element, Fields};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Reads a field out of an object.
pub trait Read: Sized {
    /// The field under the first of `names` that has anything in it.
    ///
    /// # Errors
    /// A refusal that names the field.
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal>;
}

/// Reads a whole object.
pub trait ReadObject: Sized {
    /// Nothing is decided by it: something else in its place counts as absent.
    const INFORMATIVE: bool = false;

    /// All fields of the object.
    ///
    /// # Errors
    /// The refusal of the first field that cannot be read.
    fn read_object(fields: &Fields<'_>) -> Result<Self, Refusal>;

    /// An element of a list that is no object (the page's table says `Inteiro` where its sample has objects).
    #[must_use]
    fn read_scalar(_text: &str) -> Option<Self> {
        None
    }
}

fn first<T>(
    names: &[&'static str],
    read: impl Fn(&'static str) -> Result<Option<T>, Refusal>,
) -> Result<Option<T>, Refusal> {
    for name in names {
        if let Some(found) = read(name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Text of the protocol. A number counts as its digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Option<String>);

impl Read for Text {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        first(names, |name| fields.text(name)).map(Self)
    }
}

/// What identifies something: a transaction, a note, a product. A number with a fraction identifies nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identifier(pub Option<String>);

impl Read for Identifier {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        Ok(Self(first(names, |name| fields.identifier(name))?.map(WrittenId::into_text)))
    }
}

/// The same of a product's codes: one that cannot be read names no product, and stops no sale.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductCode(pub Option<String>);

impl Read for ProductCode {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        Ok(Self(Identifier::read(fields, names).unwrap_or_default().0))
    }
}

/// Whose call it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GivenCpf {
    /// Nothing was given, or nothing that could be one.
    #[default]
    Absent,
    /// What was given is nobody's CPF.
    Invalid,
    /// A CPF.
    Valid(Cpf),
}

impl GivenCpf {
    /// The CPF that an operation cannot work without.
    ///
    /// # Errors
    /// [`Refusal::MissingCpf`], [`Refusal::InvalidCpf`].
    pub fn required(self) -> Result<Cpf, Refusal> {
        self.optional()?.ok_or(Refusal::MissingCpf)
    }

    /// The CPF, where an operation can do without.
    ///
    /// # Errors
    /// [`Refusal::InvalidCpf`]: one that is wrong is no reason to go on without.
    pub fn optional(self) -> Result<Option<Cpf>, Refusal> {
        match self {
            Self::Absent => Ok(None),
            Self::Invalid => Err(Refusal::InvalidCpf),
            Self::Valid(cpf) => Ok(Some(cpf)),
        }
    }
}

impl Read for GivenCpf {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        let given = first(names, |name| fields.scalar(name)).unwrap_or_default();
        let cpf = given.map(|scalar| scalar.identifier().as_ref().and_then(Cpf::from_written));
        Ok(cpf.map_or(Self::Absent, |cpf| cpf.map_or(Self::Invalid, Self::Valid)))
    }
}

/// Text of a person. It prints masked, and what cannot be read as text counts as absent: a badly formed name must
/// not stop a sale.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Personal(pub Option<String>);

impl Read for Personal {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        Ok(Self(first(names, |name| fields.text(name)).unwrap_or_default()))
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_some() { "Some(***)" } else { "None" })
    }
}

/// A person's phone or PIN: an identifier. It prints masked, and what cannot be read counts as absent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonalNumber(pub Option<String>);

impl Read for PersonalNumber {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        Ok(Self(Identifier::read(fields, names).unwrap_or_default().0))
    }
}

impl fmt::Debug for PersonalNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_some() { "Some(***)" } else { "None" })
    }
}

/// An amount of money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount(pub Option<Money>);

impl Read for Amount {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        first(names, |name| fields.money(name)).map(Self)
    }
}

/// A figure that nothing is decided by: what cannot be read as an amount counts as absent, because only what an operation
/// cannot work without may refuse it (contract section 4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Informative(pub Option<Money>);

impl Read for Informative {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        Ok(Self(first(names, |name| fields.money(name)).unwrap_or_default()))
    }
}

/// A whole number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whole(pub Option<u64>);

impl Read for Whole {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        first(names, |name| fields.integer(name)).map(Self)
    }
}

impl<T: ReadObject> Read for Option<T> {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        let object = first(names, |name| fields.object(name));
        let object = if T::INFORMATIVE { object.unwrap_or_default() } else { object? };
        object.map(|fields| T::read_object(&fields)).transpose()
    }
}

/// A bounded list of objects.
impl<T: ReadObject> Read for Vec<T> {
    fn read(fields: &Fields<'_>, names: &[&'static str]) -> Result<Self, Refusal> {
        for name in names {
            let elements = fields.list(name, limits::ITEMS_PER_SALE)?;
            if !elements.is_empty() {
                return elements.iter().map(|element| read_element(element, name)).collect();
            }
        }
        Ok(Vec::new())
    }
}

fn read_element<T: ReadObject>(element: &Element<'_>, name: &'static str) -> Result<T, Refusal> {
    match element.object() {
        Some(fields) => T::read_object(&fields),
        None => element.text().and_then(|text| T::read_scalar(&text)).ok_or(Refusal::WrongType(name)),
    }
}

macro_rules! schema {
    ($($kind:ty => $schema:expr),+ $(,)?) => {$(
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }
        impl ToSchema for $kind {}
    )+};
}

fn lenient(kinds: &[Type], about: &str) -> ObjectBuilder {
    let kinds = kinds.iter().cloned().chain([Type::Null]).collect();
    ObjectBuilder::new().schema_type(SchemaType::Array(kinds)).description(Some(about.to_owned()))
}

schema! {
    Text => lenient(&[Type::String, Type::Number], "Text; a number counts as its digits"),
    Identifier => lenient(&[Type::String, Type::Number], "Text or a whole number; `.0` behind one counts for nothing"),
    ProductCode => lenient(&[Type::String, Type::Number], "Text or a whole number; what cannot be read counts as absent"),
    GivenCpf => lenient(&[Type::String, Type::Number], "Eleven digits, bare or as `ddd.ddd.ddd-dd`; a number may have lost its leading zeros"),
    Personal => lenient(&[Type::String, Type::Number], "Personal text"),
    PersonalNumber => lenient(&[Type::String, Type::Number], "Digits, with punctuation or without"),
    Amount => lenient(&[Type::Number, Type::String], "Reais, at most two decimals, from 0 to 9999999.99; text is accepted"),
    Informative => lenient(&[Type::Number, Type::String], "Reais; what cannot be read counts as absent"),
    Whole => lenient(&[Type::Integer, Type::String], "A whole number; text is accepted"),
}

/// Writes a request struct: its reader and its schema. Every field is `name: Kind = "WireName" (| "Alias")*`.
macro_rules! request {
    ($(#[$about:meta])* informative $($rest:tt)*) => {
        $crate::wire::kinds::request!(@ true, $(#[$about])* $($rest)*);
    };
    ($(#[$about:meta])* $name:ident { $($rest:tt)* }) => {
        $crate::wire::kinds::request!(@ false, $(#[$about])* $name { $($rest)* });
    };
    (@ $informative:literal, $(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $kind:ty = $wire:literal $(| $alias:literal)*),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, utoipa::ToSchema)]
        pub struct $name {
            $($(#[$field_about])* #[schema(rename = $wire, required = false)] pub $field: $kind,)+
        }

        impl $crate::wire::kinds::ReadObject for $name {
            const INFORMATIVE: bool = $informative;

            fn read_object(fields: &ponte_platform::fields::Fields<'_>) -> Result<Self, ponte_domain::refusal::Refusal> {
                Ok(Self { $($field: <$kind as $crate::wire::kinds::Read>::read(fields, &[$wire $(, $alias)*])?,)+ })
            }
        }
    };
}
pub(super) use request;
