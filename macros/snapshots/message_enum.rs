#[derive(::core::fmt::Debug)]
#[derive(::core::clone::Clone)]
#[derive(::core::cmp::PartialEq)]
pub enum Genre {
    Unknown,
    ScienceFiction = 5,
    Other(i32),
}
const _: () = {
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::__private::message::Enumeration for Genre {
        const VALUES: &'static [(&'static str, i32)] = &[
            ("GENRE_UNKNOWN", 0i32),
            ("GENRE_SCIENCE_FICTION", 5i32),
        ];
        fn number(&self) -> i32 {
            match self {
                Self::Unknown => 0i32,
                Self::ScienceFiction => 5i32,
                Self::Other(number) => *number,
            }
        }
        fn from_number(number: i32) -> ::core::option::Option<Self> {
            match number {
                0i32 => ::core::option::Option::Some(Self::Unknown),
                5i32 => ::core::option::Option::Some(Self::ScienceFiction),
                _ => ::core::option::Option::Some(Self::Other(number)),
            }
        }
        fn describe() -> ::bident::message::EnumDesc {
            let values: ::std::vec::Vec<_> = ::core::convert::From::from([
                ::bident::__private::message::enum_value(
                    "GENRE_UNKNOWN",
                    0i32,
                    "",
                    false,
                ),
                ::bident::__private::message::enum_value(
                    "GENRE_SCIENCE_FICTION",
                    5i32,
                    "",
                    false,
                ),
            ]);
            ::bident::__private::message::enum_desc(
                "Genre",
                ::core::option::Option::None,
                ::core::concat!(::core::module_path!(), "::", "Genre"),
                "",
                false,
                values,
            )
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::Value for Genre {
        const WIRE: ::bident::message::WireType = ::bident::message::WireType::Varint;
        fn initial() -> ::core::option::Option<Self> {
            ::bident::__private::message::Enumeration::from_number(0)
        }
        fn is_default(&self) -> bool {
            ::bident::__private::message::Enumeration::number(self) == 0
        }
        fn size(&self) -> usize {
            ::bident::__private::message::enumeration::size(self)
        }
        fn write(&self, out: &mut ::bident::__private::message::Buffer) {
            ::bident::__private::message::enumeration::write(self, out);
        }
        fn read(
            raw: ::bident::message::Raw<'_>,
            _: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<Self, ::bident::message::Fault> {
            ::bident::__private::message::enumeration::read(raw)
        }
        fn to_json<__BidentOutput: ::bident::__private::serde::Serializer>(
            &self,
            out: __BidentOutput,
            dialect: ::bident::message::Dialect,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            let _ = dialect;
            ::bident::__private::message::enumeration::to_json(self, out, dialect)
        }
        fn from_json<'de, __BidentInput: ::bident::__private::serde::Deserializer<'de>>(
            input: __BidentInput,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<Self, __BidentInput::Error> {
            let _ = &cx;
            ::bident::__private::message::enumeration::from_json(input)
        }
        fn bind(
            &mut self,
            path: &[&str],
            text: &str,
        ) -> ::core::result::Result<bool, ::bident::message::Fault> {
            ::bident::__private::message::enumeration::bind(self, path, text)
        }
        fn kind(types: &mut ::bident::message::Types) -> ::bident::message::Kind {
            ::bident::__private::message::enumeration::kind::<Self>(types)
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::Single for Genre {}
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::Initial for Genre {
        fn initial() -> Self {
            Self::Unknown
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::Traced for Genre {
        fn attribute(&self) -> ::core::option::Option<::bident::message::Attribute> {
            ::core::option::Option::Some(
                ::bident::__private::message::enumeration::attribute(self),
            )
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::TracedItem for Genre {}
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::core::default::Default for Genre
    where
        for<'__bident> Genre: ::bident::message::Initial,
    {
        fn default() -> Self {
            <Self as ::bident::message::Initial>::initial()
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::__private::serde::Serialize for Genre {
        fn serialize<__BidentOutput: ::bident::__private::serde::Serializer>(
            &self,
            out: __BidentOutput,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            ::bident::__private::message::serialize_field::<
                ::bident::message::format::Plain,
                _,
                _,
            >(self, out)
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl<'de> ::bident::__private::serde::Deserialize<'de> for Genre {
        fn deserialize<__BidentInput: ::bident::__private::serde::Deserializer<'de>>(
            input: __BidentInput,
        ) -> ::core::result::Result<Self, __BidentInput::Error> {
            ::bident::__private::message::deserialize_field::<
                ::bident::message::format::Plain,
                _,
                _,
            >(input)
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl<
        __BidentNames: ::bident::service::RequestNames,
    > ::bident::service::Arg<__BidentNames> for Genre
    where
        for<'__bident> Genre: ::bident::message::Field,
    {
        type Request = ::bident::service::Wrapped<__BidentNames, Self>;
        fn from_request(request: Self::Request) -> Self {
            request.value
        }
        fn into_request(self) -> Self::Request {
            ::bident::service::Wrapped::new(self)
        }
    }
};
