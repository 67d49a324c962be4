#[derive(::core::clone::Clone)]
#[derive(::core::cmp::PartialEq)]
/// A book.
pub struct Book {
    /// Its number.
    id: i64,
    title: Option<String>,
    note: String,
}
const _: () = {
    struct __BidentSlots {
        field_0: ::core::option::Option<i64>,
        field_1: ::core::option::Option<Option<String>>,
        field_2: ::core::option::Option<String>,
        message: ::core::marker::PhantomData<fn() -> Book>,
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::__private::message::Slots for __BidentSlots {
        type Message = Book;
        fn name(index: usize) -> ::core::option::Option<&'static str> {
            match index {
                0usize => ::core::option::Option::Some("id"),
                1usize => ::core::option::Option::Some("title"),
                2usize => ::core::option::Option::Some("note"),
                _ => ::core::option::Option::None,
            }
        }
        fn key(name: &str) -> ::core::option::Option<usize> {
            match name {
                "id" => ::core::option::Option::Some(0usize),
                "title" => ::core::option::Option::Some(1usize),
                "note" => ::core::option::Option::Some(2usize),
                _ => ::core::option::Option::None,
            }
        }
        fn empty() -> Self {
            Self {
                field_0: <i64 as ::bident::message::Field<
                    ::bident::message::format::Zigzag,
                >>::initial(),
                field_1: <Option<
                    String,
                > as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::initial(),
                field_2: <String as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::initial(),
                message: ::core::marker::PhantomData,
            }
        }
        fn merge(
            &mut self,
            number: u32,
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<bool, ::bident::message::Fault> {
            match number {
                7u32 => {
                    <i64 as ::bident::message::Field<
                        ::bident::message::format::Zigzag,
                    >>::merge_slot(&mut self.field_0, "id", raw, cx)
                }
                8u32 => {
                    <Option<
                        String,
                    > as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::merge_slot(&mut self.field_1, "title", raw, cx)
                }
                9u32 => {
                    <String as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::merge_slot(&mut self.field_2, "note", raw, cx)
                }
                _ => ::core::result::Result::Ok(false),
            }
        }
        fn take<'de, __BidentMap: ::bident::__private::serde::de::MapAccess<'de>>(
            &mut self,
            index: usize,
            map: &mut __BidentMap,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<(), __BidentMap::Error> {
            match index {
                0usize => {
                    <i64 as ::bident::message::Field<
                        ::bident::message::format::Zigzag,
                    >>::take(&mut self.field_0, ("id", false), map, cx)
                }
                1usize => {
                    <Option<
                        String,
                    > as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::take(&mut self.field_1, ("title", false), map, cx)
                }
                2usize => {
                    <String as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::take(&mut self.field_2, ("note", true), map, cx)
                }
                _ => ::core::result::Result::Ok(()),
            }
        }
        fn finish(self) -> ::core::result::Result<Book, ::bident::message::Fault> {
            ::core::result::Result::Ok(Book {
                id: ::bident::__private::message::required(self.field_0, "id")?,
                title: ::bident::__private::message::required(self.field_1, "title")?,
                note: ::bident::__private::message::required(self.field_2, "note")?,
            })
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::Message for Book {
        const FIELDS: &'static [&'static str] = &["id", "title", "note"];
        const TRACED: bool = ::bident::__private::message::any(
            &[
                <i64 as ::bident::message::Field<
                    ::bident::message::format::Zigzag,
                >>::TRACED,
                <Option<
                    String,
                > as ::bident::message::Field<::bident::message::format::Plain>>::TRACED,
            ],
        );
        fn initial() -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self {
                id: <i64 as ::bident::message::Field<
                    ::bident::message::format::Zigzag,
                >>::initial()?,
                title: <Option<
                    String,
                > as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::initial()?,
                note: <String as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::initial()?,
            })
        }
        fn size(&self) -> usize {
            {
                let mut size = 0usize;
                {
                    size
                        += <i64 as ::bident::message::Field<
                            ::bident::message::format::Zigzag,
                        >>::size(&self.id, 7u32);
                }
                {
                    size
                        += <Option<
                            String,
                        > as ::bident::message::Field<
                            ::bident::message::format::Plain,
                        >>::size(&self.title, 8u32);
                }
                {
                    size
                        += <String as ::bident::message::Field<
                            ::bident::message::format::Plain,
                        >>::size(&self.note, 9u32);
                }
                size
            }
        }
        fn write(&self, out: &mut ::bident::__private::message::Buffer) {
            {
                <i64 as ::bident::message::Field<
                    ::bident::message::format::Zigzag,
                >>::write(&self.id, 7u32, out);
            }
            {
                <Option<
                    String,
                > as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::write(&self.title, 8u32, out);
            }
            {
                <String as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::write(&self.note, 9u32, out);
            }
            let _ = out;
        }
        fn read(
            body: &[u8],
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<Self, ::bident::message::Fault> {
            ::bident::__private::message::read::<__BidentSlots>(body, cx)
        }
        fn merge_field(
            &mut self,
            number: u32,
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<bool, ::bident::message::Fault> {
            let _ = (&raw, &cx);
            match number {
                7u32 => {
                    <i64 as ::bident::message::Field<
                        ::bident::message::format::Zigzag,
                    >>::merge_named(&mut self.id, "id", raw, cx)
                }
                8u32 => {
                    <Option<
                        String,
                    > as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::merge_named(&mut self.title, "title", raw, cx)
                }
                9u32 => {
                    <String as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::merge_named(&mut self.note, "note", raw, cx)
                }
                _ => ::core::result::Result::Ok(false),
            }
        }
        fn to_json<__BidentOutput: ::bident::__private::serde::Serializer>(
            &self,
            out: __BidentOutput,
            dialect: ::bident::message::Dialect,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            let _ = dialect;
            let mut object = ::bident::__private::serde::Serializer::serialize_map(
                out,
                ::core::option::Option::None,
            )?;
            let map = &mut object;
            {
                <i64 as ::bident::message::Field<
                    ::bident::message::format::Zigzag,
                >>::print(&self.id, map, ("id", "id"), dialect)?;
            }
            {
                <Option<
                    String,
                > as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::print(&self.title, map, ("title", "title"), dialect)?;
            }
            {
                <String as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::print(&self.note, map, ("note", "note"), dialect)?;
            }
            let _ = map;
            ::bident::__private::serde::ser::SerializeMap::end(object)
        }
        fn from_json<'de, __BidentInput: ::bident::__private::serde::Deserializer<'de>>(
            input: __BidentInput,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<Self, __BidentInput::Error> {
            let _ = &cx;
            ::bident::__private::message::from_json::<
                __BidentSlots,
                __BidentInput,
            >(input, cx)
        }
        fn field_number(field: &str) -> ::core::option::Option<u32> {
            match field {
                "id" => ::core::option::Option::Some(7u32),
                "title" => ::core::option::Option::Some(8u32),
                "note" => ::core::option::Option::Some(9u32),
                _ => ::core::option::Option::None,
            }
        }
        fn write_field(
            &self,
            number: u32,
            out: &mut ::bident::__private::message::Buffer,
        ) {
            let _ = &out;
            match number {
                7u32 => {
                    <i64 as ::bident::message::Field<
                        ::bident::message::format::Zigzag,
                    >>::write(&self.id, number, out)
                }
                8u32 => {
                    <Option<
                        String,
                    > as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::write(&self.title, number, out)
                }
                9u32 => {
                    <String as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::write(&self.note, number, out)
                }
                _ => {}
            }
        }
        fn field_to_json<__BidentOutput: ::bident::__private::serde::Serializer>(
            &self,
            field: &str,
            out: __BidentOutput,
            dialect: ::bident::message::Dialect,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            let _ = dialect;
            match field {
                "id" => {
                    <i64 as ::bident::message::Field<
                        ::bident::message::format::Zigzag,
                    >>::to_json(&self.id, out, dialect)
                }
                "title" => {
                    <Option<
                        String,
                    > as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::to_json(&self.title, out, dialect)
                }
                "note" => {
                    <String as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::to_json(&self.note, out, dialect)
                }
                _ => {
                    ::core::result::Result::Err(
                        ::bident::__private::message::no_field_to_print(field),
                    )
                }
            }
        }
        fn field_from_json<
            'de,
            __BidentInput: ::bident::__private::serde::Deserializer<'de>,
        >(
            &mut self,
            field: &str,
            input: __BidentInput,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<(), __BidentInput::Error> {
            let _ = &cx;
            match field {
                "id" => {
                    <i64 as ::bident::message::Field<
                        ::bident::message::format::Zigzag,
                    >>::set_from_json(&mut self.id, ("id", false), input, cx)
                }
                "title" => {
                    <Option<
                        String,
                    > as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::set_from_json(&mut self.title, ("title", false), input, cx)
                }
                "note" => {
                    <String as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::set_from_json(&mut self.note, ("note", true), input, cx)
                }
                _ => {
                    ::core::result::Result::Err(
                        ::bident::__private::message::no_such_field(field),
                    )
                }
            }
        }
        fn bind(
            &mut self,
            path: &[&str],
            text: &str,
        ) -> ::core::result::Result<bool, ::bident::message::Fault> {
            let ::core::option::Option::Some((first, rest)) = path.split_first() else {
                return ::core::result::Result::Ok(false);
            };
            let _ = (rest, text);
            match *first {
                "id" => {
                    <i64 as ::bident::message::Field<
                        ::bident::message::format::Zigzag,
                    >>::bind_named(&mut self.id, ("id", false), rest, text)
                }
                "title" => {
                    <Option<
                        String,
                    > as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::bind_named(&mut self.title, ("title", false), rest, text)
                }
                "note" => {
                    <String as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::bind_named(&mut self.note, ("note", true), rest, text)
                }
                _ => ::core::result::Result::Ok(false),
            }
        }
        fn describe(types: &mut ::bident::message::Types) -> ::bident::message::TypeRef {
            types
                .generic_message::<
                    Self,
                >(
                    |types| {
                        let arguments = [];
                        let name = ::bident::__private::message::generic_name(
                            types,
                            &arguments,
                            "Book",
                        );
                        ::bident::__private::message::message_desc(
                            name,
                            ::core::option::Option::Some("books.v1"),
                            ::core::concat!(::core::module_path!(), "::", "Book"),
                            "A book.",
                            false,
                        )
                    },
                    |types, desc| {
                        let _ = (&types, &desc);
                        {
                            let field = <i64 as ::bident::message::Field<
                                ::bident::message::format::Zigzag,
                            >>::describe(
                                types,
                                ::bident::__private::message::field_desc(
                                    "id",
                                    "id",
                                    7u32,
                                    "Its number.",
                                    false,
                                    false,
                                    ::core::option::Option::None,
                                ),
                            );
                            desc.fields.push(field);
                        }
                        {
                            let field = <Option<
                                String,
                            > as ::bident::message::Field<
                                ::bident::message::format::Plain,
                            >>::describe(
                                types,
                                ::bident::__private::message::field_desc(
                                    "title",
                                    "title",
                                    8u32,
                                    "",
                                    false,
                                    false,
                                    ::core::option::Option::None,
                                ),
                            );
                            desc.fields.push(field);
                        }
                        {
                            let field = <String as ::bident::message::Field<
                                ::bident::message::format::Plain,
                            >>::describe(
                                types,
                                ::bident::__private::message::field_desc(
                                    "note",
                                    "note",
                                    9u32,
                                    "",
                                    false,
                                    true,
                                    ::core::option::Option::None,
                                ),
                            );
                            desc.fields.push(field);
                        }
                    },
                )
        }
        fn trace_fields(&self, to: &mut ::bident::message::Attributes) {
            let _ = &to;
            {
                <i64 as ::bident::message::Field<
                    ::bident::message::format::Zigzag,
                >>::trace_within(&self.id, to);
            }
            {
                <Option<
                    String,
                > as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::trace_within(&self.title, to);
            }
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::Initial for Book
    where
        for<'__bident> i64: ::bident::message::Initial,
        for<'__bident> Option<String>: ::bident::message::Initial,
        for<'__bident> String: ::bident::message::Initial,
    {
        fn initial() -> Self {
            Self {
                id: <i64 as ::bident::message::Initial>::initial(),
                title: <Option<String> as ::bident::message::Initial>::initial(),
                note: <String as ::bident::message::Initial>::initial(),
            }
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::core::default::Default for Book
    where
        for<'__bident> Book: ::bident::message::Initial,
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
    impl ::bident::__private::message::prost::Message for Book {
        fn encode_raw(
            &self,
            out: &mut impl ::bident::__private::message::prost::BufMut,
        ) {
            ::bident::__private::message::encode_raw(self, out);
        }
        fn merge_field(
            &mut self,
            number: u32,
            wire: ::bident::__private::message::prost::WireType,
            input: &mut impl ::bident::__private::message::prost::Buf,
            cx: ::bident::__private::message::prost::DecodeContext,
        ) -> ::core::result::Result<
            (),
            ::bident::__private::message::prost::DecodeError,
        > {
            ::bident::__private::message::merge_prost(self, number, wire, input, cx)
        }
        fn merge(
            &mut self,
            input: impl ::bident::__private::message::prost::Buf,
        ) -> ::core::result::Result<
            (),
            ::bident::__private::message::prost::DecodeError,
        > {
            ::bident::__private::message::merge_prost_input(self, input)
        }
        fn encoded_len(&self) -> usize {
            ::bident::__private::message::encoded_len(self)
        }
        fn clear(&mut self) {
            ::bident::__private::message::clear(self);
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::__private::serde::Serialize for Book {
        fn serialize<__BidentOutput: ::bident::__private::serde::Serializer>(
            &self,
            out: __BidentOutput,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            ::bident::__private::message::serialize(self, out)
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl<'de> ::bident::__private::serde::Deserialize<'de> for Book {
        fn deserialize<__BidentInput: ::bident::__private::serde::Deserializer<'de>>(
            input: __BidentInput,
        ) -> ::core::result::Result<Self, __BidentInput::Error> {
            ::bident::__private::message::deserialize(input)
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::core::fmt::Debug for Book {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match self {
                Self { id: field_0, title: field_1, note: field_2 } => {
                    let mut out = f.debug_struct("Book");
                    {
                        out.field("id", field_0);
                    }
                    {
                        out.field("title", field_1);
                    }
                    {
                        let _ = field_2;
                        out.field("note", &::core::format_args!("***"));
                    }
                    out.finish()
                }
            }
        }
    }
};
