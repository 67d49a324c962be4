//! Every type in a signature goes by another name: nothing is recognised by its spelling.

use kit::{Context as Surroundings, Reply as Answer};

/// A request.
#[kit::message(crate = ::kit)]
pub struct Question {
    /// Who asks.
    pub name: String,
}

/// A number that is its own message to nobody.
#[kit::message(crate = ::kit)]
pub struct Number(pub u64);

type Asked = Question;
type Said = Question;
type Text = String;
type Digits = Number;
type Result<T> = std::result::Result<T, Failure>;
type Fallible = Result<Answered>;
type Answered = Answer<Said>;
type Failure = Refused;
type Nothing = ();
type Never = std::convert::Infallible;
type Loose = kit::Error;

/// Why not.
#[kit::error_reason(code = 403, crate = ::kit)]
#[derive(Debug)]
pub struct Refused {
    /// Who asked.
    pub name: Text,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

/// Named after things it is not.
pub mod pretend {
    /// Not the standard library's: a message.
    #[kit::message(crate = ::kit)]
    pub struct Option {
        /// What it has.
        pub some: u32,
    }

    /// Not the kit's: a plain number.
    pub type Context = u32;
}

/// Answers.
pub struct Service;

#[kit::service(package = "aliases.v1", crate = ::kit)]
impl Service {
    /// Asks for a message.
    ///
    /// # Errors
    /// Never.
    #[rpc(get = "/aliases/{name}", response_body = "name")]
    pub async fn ask(&self, asked: Asked, around: &Surroundings) -> Fallible {
        let _ = around;
        Ok(Answer::new(asked))
    }

    /// Asks by a text.
    #[rpc(get = "/aliases/text/{text}")]
    pub async fn text(&self, text: Text) -> Said {
        Question { name: text }
    }

    /// Asks by a number.
    ///
    /// # Errors
    /// Never.
    #[rpc]
    pub async fn digits(&self, digits: Digits) -> std::result::Result<Nothing, Never> {
        let _ = digits;
        Ok(())
    }

    /// Takes what looks like an option and a context.
    ///
    /// # Errors
    /// Never.
    #[rpc]
    pub async fn pretend(
        &self,
        option: pretend::Option,
    ) -> std::result::Result<pretend::Option, Loose> {
        Ok(option)
    }

    /// Takes two.
    #[rpc]
    pub async fn two(&self, option: pretend::Option, context: pretend::Context) -> Nothing {
        let _ = (option, context);
    }
}

#[cfg(test)]
mod tests {
    use kit::message::Message;
    use kit::service::Service as _;

    #[test]
    fn requests_are_decided_by_what_a_type_is() {
        let mut types = kit::message::Types::default();
        let names: Vec<String> = super::Service::SPEC
            .methods
            .iter()
            .map(|method| {
                let input = (method.input)(&mut types);
                types.name(&input).to_owned()
            })
            .collect();
        assert_eq!(names, ["Question", "TextRequest", "DigitsRequest", "Option", "TwoRequest"]);
        assert_eq!(super::Question::FIELDS, ["name"]);
    }
}
