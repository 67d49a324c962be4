//! The parts of a form, as messages.

use bytes::Bytes;

use crate::{Error, Result};

/// The full name of [`FormPart`], and of its likes from other libraries.
pub(crate) const FORM_PART: &str = "bident.v1.FormPart";

/// A part of a form with files, or a piece of one.
///
/// On a declared route (`post = "/photos"`) a method whose requests are a stream of these, or of messages that have one as
/// their `body`, reads `multipart/form-data`: a part of less than 64 KiB is one message, wherever the network cut it, and
/// a longer one follows in pieces as they arrive. Elsewhere, over gRPC and on the RPC path, it is a message like any other,
/// so that one method serves both.
///
/// ```
/// use bident::prelude::*;
/// use bident::FormPart;
///
/// #[message]
/// pub struct Album { pub title: String, pub bytes: u64 }
///
/// # struct Albums;
/// # #[service(package = "albums.v1")]
/// # impl Albums {
/// #[rpc(post = "/albums", body = "*")]
/// async fn upload(&self, mut parts: Streaming<FormPart>) -> Result<Album, Error> {
///     let mut album = Album::default();
///     while let Some(part) = parts.next().await.transpose()? {
///         match &*part.name {
///             "title" => album.title = part.text()?.to_owned(),
///             "photo" => album.bytes += part.data.len() as u64,
///             _ => {}
///         }
///     }
///     Ok(album)
/// }
/// # }
/// ```
#[bident::message(package = "bident.v1")]
pub struct FormPart {
    /// The name of the form's field. Each piece has it, and what follows.
    pub name: String,
    /// What the caller says the file is called, which is no path to write to; `None` where the field is no file. A form
    /// whose file was not chosen sends an empty one.
    pub file_name: Option<String>,
    /// What the caller says it is: `image/png`. Often empty where the field is no file.
    pub content_type: String,
    /// The bytes.
    pub data: Bytes,
    /// Whether the next message goes on with this part. The last piece of several may be empty.
    pub more: bool,
}

impl FormPart {
    /// A field, whole.
    pub fn field(name: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self { name: name.into(), data: value.into(), ..Self::default() }
    }

    /// A file, whole.
    pub fn file(
        name: impl Into<String>,
        file_name: impl Into<String>,
        content_type: impl Into<String>,
        data: impl Into<Bytes>,
    ) -> Self {
        Self {
            file_name: Some(file_name.into()),
            content_type: content_type.into(),
            ..Self::field(name, data)
        }
    }

    /// The value of a field that is text.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` (413) where this is not all of it; `CODEC` (400) where it is not UTF-8.
    pub fn text(&self) -> Result<&str> {
        if self.more {
            let text = format!("the form's field `{}` is too long", self.name);
            return Err(Error::form_too_large(text));
        }
        str::from_utf8(&self.data)
            .map_err(|_| Error::codec(format!("the form's field `{}` is not UTF-8", self.name)))
    }
}
