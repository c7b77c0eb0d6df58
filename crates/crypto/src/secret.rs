//! Text that must not be seen by accident.

use zeroize::Zeroizing;

/// A secret text: no `Debug`, no `Clone`, no `Serialize`; wiped from memory when dropped.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of a text that is secret from here on.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Search for `expose` to see every place that looks.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A second copy, where two owners are needed; named so that it can be searched for.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Reads a secret from a request. There is no `Serialize`: the few requests and answers that carry one say so with
/// [`serialize_exposed`] on the field.
impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// For `#[serde(serialize_with = "…")]` on the few fields that carry a secret over the wire.
///
/// # Errors
/// What the serializer reports.
pub fn serialize_exposed<S: serde::Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Secret {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                utoipa::openapi::schema::KnownFormat::Password,
            )))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Secret {}

/// Thirty-two secret bytes: a symmetric key. Wiped when dropped.
pub struct SecretBytes(Zeroizing<[u8; 32]>);

impl SecretBytes {
    /// Random bytes.
    #[must_use]
    pub fn mint(entropy: &mut dyn domain::entropy::Entropy) -> Self {
        let mut bytes = Zeroizing::new([0u8; 32]);
        entropy.fill(bytes.as_mut());
        Self(bytes)
    }

    /// From bytes that exist already.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// From 64 hexadecimal digits, the form in which a keychain holds it; `None` when the text is anything else.
    #[must_use]
    pub fn from_hex(text: &Secret) -> Option<Self> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        hex::decode_to_slice(text.expose(), bytes.as_mut()).ok()?;
        Some(Self(bytes))
    }

    /// As 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> Secret {
        Secret::new(hex::encode(self.0.as_ref()))
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}
