//! The answers, before they are put into either version's messages.

use bytes::Bytes;

use super::Known;
use crate::describe::File;
use crate::error::Code;

pub(super) enum Answer {
    /// Encoded files: the one that was asked for.
    Files(Vec<Bytes>),
    Numbers {
        base_type_name: String,
        extension_number: Vec<i32>,
    },
    Services(Vec<String>),
    Error {
        code: i32,
        message: String,
    },
}

impl Answer {
    pub(super) fn nothing_asked() -> Self {
        Self::error(Code::InvalidArgument, "the request asks for nothing".into())
    }

    fn error(code: Code, message: String) -> Self {
        Self::Error { code: i32::from(code.number()), message }
    }

    /// The file alone: clients ask for its imports by name, each once.
    fn of(file: Option<&File>, what: impl FnOnce() -> String) -> Self {
        match file {
            Some(file) => Self::Files(vec![file.bytes.clone()]),
            None => Self::error(Code::NotFound, what()),
        }
    }
}

impl Known {
    pub(super) fn file(&self, name: &str) -> Answer {
        Answer::of(self.schema.file(name), || format!("no file is called {name:?}"))
    }

    pub(super) fn declaring(&self, symbol: &str) -> Answer {
        Answer::of(self.schema.declaring(symbol), || format!("no file declares {symbol:?}"))
    }

    pub(super) fn extending(&self, message: &str, number: i32) -> Answer {
        let file = self.schema.extending(message, number);
        Answer::of(file, || format!("no file declares the extension {number} of {message:?}"))
    }

    pub(super) fn extensions(&self, message: &str) -> Answer {
        // A type that is known but not extended has an empty list; some clients take an error for a broken server.
        if self.schema.declaring(message).is_none() {
            return Answer::error(Code::NotFound, format!("no file declares {message:?}"));
        }
        let extension_number = self.schema.extension_numbers(message);
        Answer::Numbers { base_type_name: message.to_owned(), extension_number }
    }

    pub(super) fn list(&self) -> Answer {
        Answer::Services(self.services.iter().map(|name| (*name).to_owned()).collect())
    }
}
