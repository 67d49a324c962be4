//! Every type in a signature goes by another name: nothing is recognised by its spelling.

use kit::{Config as Settings, Context as Surroundings, Reply as Answer, Stream as Flow};

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
type Looser = anyhow::Error;
type Maybe<T> = Option<T>;
type Row<T> = Vec<T>;
type Octets = Vec<u8>;
type Lookup = std::collections::BTreeMap<Text, Question>;
type Span = std::time::Duration;

/// Every shape of a field.
#[kit::message(crate = ::kit)]
pub struct Shapes {
    /// An option.
    pub maybe: Maybe<Text>,
    /// A list.
    pub row: Row<u32>,
    /// Bytes.
    pub octets: Octets,
    /// A map.
    pub lookup: Lookup,
    /// A duration.
    pub span: Maybe<Span>,
}

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
    #[rpc(
        get = "/aliases/{name}",
        response_body = "name",
        traced(asked = asked.name, around.of = around.operation(), answered = reply.name)
    )]
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

/// Made from its settings.
pub struct Made(Maybe<Text>);

#[kit::service(package = "aliases.v1", linked, crate = ::kit)]
impl Made {
    /// Reads them.
    ///
    /// # Errors
    /// A name that is no text.
    #[construct]
    pub async fn new(settings: &Settings) -> Attempt {
        Ok(Self(settings.get("name")?))
    }

    /// Says them.
    ///
    /// # Errors
    /// Where there are none.
    #[rpc]
    pub async fn name(&self) -> std::result::Result<Said, Looser> {
        let name = self.0.clone().ok_or_else(|| Looser::msg("no name"))?;
        Ok(Question { name })
    }
}

type Attempt = kit::Result<Made>;

type Questions = kit::Streaming<Question>;

/// Streams under other names.
pub struct River;

#[kit::service(package = "aliases.v1", crate = ::kit)]
impl River {
    /// Takes a stream and gives one.
    ///
    /// # Errors
    /// Never.
    #[rpc]
    pub async fn flow(
        &self,
        questions: Questions,
        around: &Surroundings,
    ) -> Result<Answer<impl Flow<Item = kit::Result<Said>> + Send>> {
        let _ = around;
        Ok(Answer::new(questions))
    }
}

/// The same by contract.
#[kit::service(package = "aliases.v1", crate = ::kit)]
pub trait Rivers {
    /// Takes a stream and gives one.
    #[rpc]
    async fn flow(&self, questions: Questions) -> Result<impl Flow<Item = Result<Said>>>;

    /// Gives one.
    #[rpc]
    fn rise(&self, text: Text) -> impl Flow<Item = Said> + Send;
}

/// A contract in other names.
#[kit::service(package = "aliases.v1", crate = ::kit)]
pub trait Contract {
    /// Takes a message and the context.
    #[rpc(get = "/contract/{name}")]
    async fn ask(&self, asked: Asked, around: &Surroundings) -> Fallible;

    /// Takes plain values.
    #[rpc(post = "/contract", body = "lookup")]
    async fn plain(
        &self,
        maybe: Maybe<Text>,
        row: Row<Text>,
        octets: Octets,
        lookup: Lookup,
        span: Span,
    ) -> std::result::Result<Shapes, Looser>;
}

#[cfg(test)]
mod tests {
    use kit::message::{Label, Message};
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

    struct Answers;

    impl super::Contract for Answers {
        async fn ask(&self, asked: super::Asked, around: &kit::Context) -> super::Fallible {
            let _ = around;
            Ok(kit::Reply::new(asked))
        }

        async fn plain(
            &self,
            maybe: Option<String>,
            row: Vec<String>,
            octets: Vec<u8>,
            lookup: super::Lookup,
            span: std::time::Duration,
        ) -> Result<super::Shapes, anyhow::Error> {
            let (row, span) = (vec![u32::try_from(row.len())?], Some(span));
            Ok(super::Shapes { maybe, row, octets, lookup, span })
        }
    }

    #[test]
    fn a_contract_is_decided_by_what_a_type_is() {
        let mut types = kit::message::Types::default();
        let names: Vec<String> = super::ContractServer::<Answers>::SPEC
            .methods
            .iter()
            .flat_map(|method| {
                let (input, output) = ((method.input)(&mut types), (method.output)(&mut types));
                [types.name(&input).to_owned(), types.name(&output).to_owned()]
            })
            .collect();
        assert_eq!(names, ["Question", "Question", "PlainRequest", "Shapes"]);
    }

    #[test]
    fn streams_are_decided_by_what_a_type_is() {
        use kit::service::Shape::Bidi;

        let method = &super::River::SPEC.methods[0];
        let mut types = kit::message::Types::default();
        let (input, output) = ((method.input)(&mut types), (method.output)(&mut types));
        let named = (types.name(&input), types.name(&output));
        assert_eq!((method.shape, named), (Bidi, ("Question", "Question")));
    }

    #[test]
    fn shapes_are_decided_by_what_a_type_is() {
        let mut types = kit::message::Types::default();
        let _ = super::Shapes::describe(&mut types);
        let shapes = types.messages().iter().find(|message| message.name == "Shapes");
        let shapes: Vec<_> = shapes
            .expect("the message describes itself")
            .fields
            .iter()
            .map(|field| match &field.label {
                Label::Singular => ("one", types.kind_name(&field.kind)),
                Label::Optional => ("maybe", types.kind_name(&field.kind)),
                Label::Repeated => ("many", types.kind_name(&field.kind)),
                Label::Map(_) => ("by key", types.kind_name(&field.kind)),
            })
            .collect();
        let expected = [
            ("maybe", "String"),
            ("many", "Uint32"),
            ("one", "Bytes"),
            ("by key", "Question"),
            ("maybe", "Duration"),
        ];
        assert_eq!(shapes, expected);
    }
}
