#[derive(::core::fmt::Debug)]
#[derive(::core::clone::Clone)]
#[derive(::core::cmp::PartialEq)]
pub struct Isbn(String);
const _: () = {
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl<__BidentFormat> ::bident::message::Value<__BidentFormat> for Isbn
    where
        for<'__bident> String: ::bident::message::Value<__BidentFormat>,
    {
        const WIRE: ::bident::message::WireType = <String as ::bident::message::Value<
            __BidentFormat,
        >>::WIRE;
        const TRACED: bool = <String as ::bident::message::Value<
            __BidentFormat,
        >>::TRACED;
        fn trace_within(&self, to: &mut ::bident::message::Attributes) {
            <String as ::bident::message::Value<
                __BidentFormat,
            >>::trace_within(&self.0, to);
        }
        fn initial() -> ::core::option::Option<Self> {
            <String as ::bident::message::Value<__BidentFormat>>::initial().map(Self)
        }
        fn is_default(&self) -> bool {
            <String as ::bident::message::Value<__BidentFormat>>::is_default(&self.0)
        }
        fn size(&self) -> usize {
            <String as ::bident::message::Value<__BidentFormat>>::size(&self.0)
        }
        fn write(&self, out: &mut ::bident::__private::message::Buffer) {
            <String as ::bident::message::Value<__BidentFormat>>::write(&self.0, out);
        }
        fn read(
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<Self, ::bident::message::Fault> {
            <String as ::bident::message::Value<__BidentFormat>>::read(raw, cx).map(Self)
        }
        fn read_set(
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<
            ::core::option::Option<Self>,
            ::bident::message::Fault,
        > {
            <String as ::bident::message::Value<__BidentFormat>>::read_set(raw, cx)
                .map(|value| value.map(Self))
        }
        fn merge(
            &mut self,
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<(), ::bident::message::Fault> {
            <String as ::bident::message::Value<
                __BidentFormat,
            >>::merge(&mut self.0, raw, cx)
        }
        fn to_json<__BidentOutput: ::bident::__private::serde::Serializer>(
            &self,
            out: __BidentOutput,
            dialect: ::bident::message::Dialect,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            let _ = dialect;
            <String as ::bident::message::Value<
                __BidentFormat,
            >>::to_json(&self.0, out, dialect)
        }
        fn from_json<'de, __BidentInput: ::bident::__private::serde::Deserializer<'de>>(
            input: __BidentInput,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<Self, __BidentInput::Error> {
            let _ = &cx;
            <String as ::bident::message::Value<__BidentFormat>>::from_json(input, cx)
                .map(Self)
        }
        fn from_json_set<
            'de,
            __BidentInput: ::bident::__private::serde::Deserializer<'de>,
        >(
            input: __BidentInput,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<::core::option::Option<Self>, __BidentInput::Error> {
            <String as ::bident::message::Value<
                __BidentFormat,
            >>::from_json_set(input, cx)
                .map(|value| value.map(Self))
        }
        fn from_null() -> ::core::option::Option<Self> {
            <String as ::bident::message::Value<__BidentFormat>>::from_null().map(Self)
        }
        fn bind(
            &mut self,
            path: &[&str],
            text: &str,
        ) -> ::core::result::Result<bool, ::bident::message::Fault> {
            <String as ::bident::message::Value<
                __BidentFormat,
            >>::bind(&mut self.0, path, text)
        }
        fn bind_new(
            path: &[&str],
            text: &str,
        ) -> ::core::result::Result<
            ::core::option::Option<Self>,
            ::bident::message::Fault,
        > {
            <String as ::bident::message::Value<__BidentFormat>>::bind_new(path, text)
                .map(|value| value.map(Self))
        }
        fn kind(types: &mut ::bident::message::Types) -> ::bident::message::Kind {
            <String as ::bident::message::Value<__BidentFormat>>::kind(types)
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl<__BidentFormat> ::bident::message::Field<__BidentFormat> for Isbn
    where
        for<'__bident> String: ::bident::message::Field<__BidentFormat>,
    {
        const TRACED: bool = <String as ::bident::message::Field<
            __BidentFormat,
        >>::TRACED;
        fn trace_within(&self, to: &mut ::bident::message::Attributes) {
            <String as ::bident::message::Field<
                __BidentFormat,
            >>::trace_within(&self.0, to);
        }
        fn initial() -> ::core::option::Option<Self> {
            <String as ::bident::message::Field<__BidentFormat>>::initial().map(Self)
        }
        fn size(&self, number: u32) -> usize {
            <String as ::bident::message::Field<__BidentFormat>>::size(&self.0, number)
        }
        fn write(&self, number: u32, out: &mut ::bident::__private::message::Buffer) {
            <String as ::bident::message::Field<
                __BidentFormat,
            >>::write(&self.0, number, out);
        }
        fn read(
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<Self, ::bident::message::Fault> {
            <String as ::bident::message::Field<__BidentFormat>>::read(raw, cx).map(Self)
        }
        fn merge(
            &mut self,
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<(), ::bident::message::Fault> {
            <String as ::bident::message::Field<
                __BidentFormat,
            >>::merge(&mut self.0, raw, cx)
        }
        fn is_printed(&self) -> bool {
            <String as ::bident::message::Field<__BidentFormat>>::is_printed(&self.0)
        }
        fn to_json<__BidentOutput: ::bident::__private::serde::Serializer>(
            &self,
            out: __BidentOutput,
            dialect: ::bident::message::Dialect,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            let _ = dialect;
            <String as ::bident::message::Field<
                __BidentFormat,
            >>::to_json(&self.0, out, dialect)
        }
        fn from_json<'de, __BidentInput: ::bident::__private::serde::Deserializer<'de>>(
            input: __BidentInput,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<::core::option::Option<Self>, __BidentInput::Error> {
            let _ = &cx;
            <String as ::bident::message::Field<__BidentFormat>>::from_json(input, cx)
                .map(|value| value.map(Self))
        }
        fn bind(
            &mut self,
            path: &[&str],
            text: &str,
        ) -> ::core::result::Result<bool, ::bident::message::Fault> {
            <String as ::bident::message::Field<
                __BidentFormat,
            >>::bind(&mut self.0, path, text)
        }
        fn shape(
            types: &mut ::bident::message::Types,
        ) -> (::bident::message::Label, ::bident::message::Kind) {
            <String as ::bident::message::Field<__BidentFormat>>::shape(types)
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl<__BidentFormat> ::bident::message::Member<__BidentFormat> for Isbn
    where
        for<'__bident> String: ::bident::message::Member<__BidentFormat>,
    {
        fn member_size(&self, number: u32) -> usize {
            <String as ::bident::message::Member<
                __BidentFormat,
            >>::member_size(&self.0, number)
        }
        fn member_write(
            &self,
            number: u32,
            out: &mut ::bident::__private::message::Buffer,
        ) {
            <String as ::bident::message::Member<
                __BidentFormat,
            >>::member_write(&self.0, number, out);
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::Initial for Isbn
    where
        for<'__bident> String: ::bident::message::Initial,
    {
        fn initial() -> Self {
            Self(<String as ::bident::message::Initial>::initial())
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::MapKey for Isbn
    where
        for<'__bident> String: ::bident::message::MapKey,
    {
        fn print_key<__BidentResult>(
            &self,
            print: impl ::core::ops::FnOnce(&str) -> __BidentResult,
        ) -> __BidentResult {
            <String as ::bident::message::MapKey>::print_key(&self.0, print)
        }
        fn parse_key(
            text: &str,
        ) -> ::core::result::Result<Self, ::bident::message::Fault> {
            <String as ::bident::message::MapKey>::parse_key(text).map(Self)
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::Traced for Isbn
    where
        for<'__bident> String: ::bident::message::Traced,
    {
        fn attribute(&self) -> ::core::option::Option<::bident::message::Attribute> {
            <String as ::bident::message::Traced>::attribute(&self.0)
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::TracedItem for Isbn
    where
        for<'__bident> String: ::bident::message::TracedItem,
    {}
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::__private::serde::Serialize for Isbn
    where
        for<'__bident> String: ::bident::message::Field<
            ::bident::message::format::Plain,
        >,
    {
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
    impl<'de> ::bident::__private::serde::Deserialize<'de> for Isbn
    where
        for<'__bident> String: ::bident::message::Field<
            ::bident::message::format::Plain,
        >,
    {
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
    const _: fn() = || ::bident::__private::message::is_field::<
        ::bident::message::format::Plain,
        String,
    >();
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::core::default::Default for Isbn
    where
        for<'__bident> Isbn: ::bident::message::Initial,
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
    impl<
        __BidentNames: ::bident::service::RequestNames,
    > ::bident::service::Arg<__BidentNames> for Isbn
    where
        for<'__bident> Isbn: ::bident::message::Field,
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
