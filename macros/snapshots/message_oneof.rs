#[derive(::core::fmt::Debug)]
#[derive(::core::clone::Clone)]
#[derive(::core::cmp::PartialEq)]
pub enum Found {
    Book(Book),
    Count { total: u32 },
    Nothing,
}
const _: () = {
    struct __BidentSlots1 {
        field_0: ::core::option::Option<u32>,
        message: ::core::marker::PhantomData<fn() -> Found>,
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::__private::message::Slots for __BidentSlots1 {
        type Message = Found;
        fn name(index: usize) -> ::core::option::Option<&'static str> {
            match index {
                0usize => ::core::option::Option::Some("total"),
                _ => ::core::option::Option::None,
            }
        }
        fn key(name: &str) -> ::core::option::Option<usize> {
            match name {
                "total" => ::core::option::Option::Some(0usize),
                _ => ::core::option::Option::None,
            }
        }
        fn empty() -> Self {
            Self {
                field_0: <u32 as ::bident::message::Field<
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
                1u32 => {
                    <u32 as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::merge_slot(&mut self.field_0, "total", raw, cx)
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
                    <u32 as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::take(&mut self.field_0, ("total", false), map, cx)
                }
                _ => ::core::result::Result::Ok(()),
            }
        }
        fn finish(self) -> ::core::result::Result<Found, ::bident::message::Fault> {
            ::core::result::Result::Ok(Found::Count {
                total: ::bident::__private::message::required(self.field_0, "total")?,
            })
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::__private::message::Oneof for Found {
        const NUMBERS: &'static [u32] = &[1u32, 2u32, 3u32];
        const NAMES: &'static [&'static str] = &["book", "count", "nothing"];
        const PINNED: bool = false;
        const TRACED: bool = ::bident::__private::message::any(
            &[
                ::bident::__private::message::any(
                    &[
                        <Book as ::bident::message::Field<
                            ::bident::message::format::Plain,
                        >>::TRACED,
                    ],
                ),
                ::bident::__private::message::any(
                    &[
                        <u32 as ::bident::message::Field<
                            ::bident::message::format::Plain,
                        >>::TRACED,
                    ],
                ),
                ::bident::__private::message::any(&[]),
            ],
        );
        fn key(name: &str) -> ::core::option::Option<usize> {
            match name {
                "book" => ::bident::__private::message::position(Self::NAMES, "book"),
                "count" => ::bident::__private::message::position(Self::NAMES, "count"),
                "nothing" => {
                    ::bident::__private::message::position(Self::NAMES, "nothing")
                }
                _ => ::core::option::Option::None,
            }
        }
        fn size(&self) -> usize {
            match self {
                Self::Book(value) => {
                    <Book as ::bident::message::Member<
                        ::bident::message::format::Plain,
                    >>::member_size(value, 1u32)
                }
                Self::Count { total: field_0 } => {
                    ::bident::__private::message::nested_size(
                        2u32,
                        {
                            let mut size = 0usize;
                            {
                                size
                                    += <u32 as ::bident::message::Field<
                                        ::bident::message::format::Plain,
                                    >>::size(field_0, 1u32);
                            }
                            size
                        },
                    )
                }
                Self::Nothing => ::bident::__private::message::nested_size(3u32, 0),
            }
        }
        fn write(&self, out: &mut ::bident::__private::message::Buffer) {
            match self {
                Self::Book(value) => {
                    <Book as ::bident::message::Member<
                        ::bident::message::format::Plain,
                    >>::member_write(value, 1u32, out)
                }
                Self::Count { total: field_0 } => {
                    ::bident::__private::message::write_nested(
                        2u32,
                        {
                            let mut size = 0usize;
                            {
                                size
                                    += <u32 as ::bident::message::Field<
                                        ::bident::message::format::Plain,
                                    >>::size(field_0, 1u32);
                            }
                            size
                        },
                        out,
                    );
                    {
                        <u32 as ::bident::message::Field<
                            ::bident::message::format::Plain,
                        >>::write(field_0, 1u32, out);
                    }
                }
                Self::Nothing => ::bident::__private::message::write_nested(3u32, 0, out),
            }
        }
        fn read_member(
            number: u32,
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<
            ::core::option::Option<Self>,
            ::bident::message::Fault,
        > {
            ::core::result::Result::Ok(
                ::core::option::Option::Some(
                    match number {
                        1u32 => {
                            Self::Book(
                                <Book as ::bident::message::Field<
                                    ::bident::message::format::Plain,
                                >>::read_named("book", raw, cx)?,
                            )
                        }
                        2u32 => {
                            ::bident::__private::message::read_nested::<
                                __BidentSlots1,
                            >("count", raw, cx)?
                        }
                        3u32 => {
                            ::bident::__private::message::read_empty(
                                "nothing",
                                raw,
                                cx,
                            )?;
                            Self::Nothing
                        }
                        _ => {
                            return ::core::result::Result::Ok(
                                ::core::option::Option::None,
                            );
                        }
                    },
                ),
            )
        }
        fn merge_member(
            &mut self,
            number: u32,
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<bool, ::bident::message::Fault> {
            match (&mut *self, number) {
                (Self::Book(value), 1u32) => {
                    <Book as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::merge_named(value, "book", raw, cx)
                }
                (Self::Count { total: field_0 }, 2u32) => {
                    ::bident::__private::message::merge_nested(
                        "count",
                        raw,
                        cx,
                        |
                            number: u32,
                            raw: ::bident::message::Raw<'_>,
                            cx: &mut ::bident::message::WireCx<'_>|
                        {
                            let _ = (&raw, &cx);
                            match number {
                                1u32 => {
                                    <u32 as ::bident::message::Field<
                                        ::bident::message::format::Plain,
                                    >>::merge_named(field_0, "total", raw, cx)
                                }
                                _ => ::core::result::Result::Ok(false),
                            }
                        },
                    )
                }
                _ => {
                    let read = <Self as ::bident::__private::message::Oneof>::read_member(
                        number,
                        raw,
                        cx,
                    )?;
                    ::core::result::Result::Ok(
                        ::bident::__private::message::replace(self, read),
                    )
                }
            }
        }
        fn print<__BidentMap: ::bident::__private::serde::ser::SerializeMap>(
            &self,
            map: &mut __BidentMap,
            dialect: ::bident::message::Dialect,
        ) -> ::core::result::Result<(), __BidentMap::Error> {
            match self {
                Self::Book(value) => {
                    <Book as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::print(value, map, ("book", "book"), dialect)
                }
                Self::Count { .. } => {
                    ::bident::__private::message::oneof::print_struct(
                        self,
                        map,
                        ("count", "count"),
                        dialect,
                    )
                }
                Self::Nothing => {
                    <() as ::bident::message::Field>::print(
                        &(),
                        map,
                        ("nothing", "nothing"),
                        dialect,
                    )
                }
            }
        }
        fn print_body<__BidentMap: ::bident::__private::serde::ser::SerializeMap>(
            &self,
            map: &mut __BidentMap,
            dialect: ::bident::message::Dialect,
        ) -> ::core::result::Result<(), __BidentMap::Error> {
            let _ = (&map, dialect);
            match self {
                Self::Count { total: field_0 } => {
                    <u32 as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::print(field_0, map, ("total", "total"), dialect)?;
                }
                #[allow(unreachable_patterns, reason = "every variant may have fields")]
                _ => {}
            }
            ::core::result::Result::Ok(())
        }
        fn take<'de, __BidentMap: ::bident::__private::serde::de::MapAccess<'de>>(
            index: usize,
            map: &mut __BidentMap,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<::core::option::Option<Self>, __BidentMap::Error> {
            match <Self as ::bident::__private::message::Oneof>::NAMES
                .get(index)
                .copied()
                .unwrap_or_default()
            {
                "book" => {
                    let mut slot = ::core::option::Option::None;
                    <Book as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::take(&mut slot, ("book", false), map, cx)?;
                    ::core::result::Result::Ok(slot.map(Self::Book))
                }
                "count" => {
                    ::bident::__private::message::take_nested::<
                        __BidentSlots1,
                        __BidentMap,
                    >("count", map, cx)
                }
                "nothing" => {
                    let mut slot: ::core::option::Option<()> = ::core::option::Option::None;
                    <() as ::bident::message::Field>::take(
                        &mut slot,
                        ("nothing", false),
                        map,
                        cx,
                    )?;
                    ::core::result::Result::Ok(slot.map(|()| Self::Nothing))
                }
                _ => ::core::result::Result::Ok(::core::option::Option::None),
            }
        }
        fn bind_member(
            &mut self,
            path: &[&str],
            text: &str,
        ) -> ::core::result::Result<
            ::core::option::Option<bool>,
            ::bident::message::Fault,
        > {
            let ::core::option::Option::Some((name, path)) = path.split_first() else {
                return ::core::result::Result::Ok(::core::option::Option::Some(false));
            };
            let _ = (path, text);
            match (self, *name) {
                (Self::Book(value), "book") => {
                    <Book as ::bident::message::Field<
                        ::bident::message::format::Plain,
                    >>::bind_named(value, ("book", false), path, text)
                        .map(::core::option::Option::Some)
                }
                (Self::Count { total: field_0 }, "count") => {
                    ::bident::__private::message::bind_nested(
                            "count",
                            path,
                            text,
                            |
                                path: &[&str],
                                first: &&str,
                                rest: &[&str],
                                text: &str,
                            | -> ::core::result::Result<bool, ::bident::message::Fault> {
                                let _ = (path, rest, text);
                                match *first {
                                    "total" => {
                                        <u32 as ::bident::message::Field<
                                            ::bident::message::format::Plain,
                                        >>::bind_named(field_0, ("total", false), rest, text)
                                    }
                                    _ => ::core::result::Result::Ok(false),
                                }
                            },
                        )
                        .map(::core::option::Option::Some)
                }
                _ => ::core::result::Result::Ok(::core::option::Option::None),
            }
        }
        fn bind_new(
            path: &[&str],
            text: &str,
        ) -> ::core::result::Result<
            ::core::option::Option<Self>,
            ::bident::message::Fault,
        > {
            let ::core::option::Option::Some((name, rest)) = path.split_first() else {
                return ::core::result::Result::Ok(::core::option::Option::None);
            };
            let _ = (rest, text);
            match *name {
                "book" => {
                    ::bident::__private::message::oneof::bind_value::<
                        ::bident::message::format::Plain,
                        Book,
                    >(("book", false), rest, text)
                        .map(|value| value.map(Self::Book))
                }
                "count" => {
                    ::bident::__private::message::oneof::bind_nested::<
                        Self,
                        __BidentSlots1,
                    >("count", path, text)
                }
                "nothing" => {
                    ::core::result::Result::Ok(
                        (rest.is_empty() && text.is_empty()).then_some(Self::Nothing),
                    )
                }
                _ => ::core::result::Result::Ok(::core::option::Option::None),
            }
        }
        fn describe(
            types: &mut ::bident::message::Types,
            desc: &mut ::bident::message::MessageDesc,
            oneof: usize,
        ) {
            {
                let field = <Book as ::bident::message::Field<
                    ::bident::message::format::Plain,
                >>::describe(
                    types,
                    ::bident::__private::message::field_desc(
                        "book",
                        "book",
                        1u32,
                        "",
                        false,
                        false,
                        ::core::option::Option::None,
                    ),
                );
                ::bident::__private::message::push_member(desc, field, oneof);
            }
            {
                let field = {
                    let nested = types
                        .generic_message::<
                            __BidentSlots1,
                        >(
                            |_| ::bident::__private::message::message_desc(
                                ::bident::__private::message::text("Count"),
                                ::core::option::Option::None,
                                ::core::concat!(::core::module_path!(), "::", "Found"),
                                "",
                                false,
                            ),
                            |types, desc| {
                                let _ = (&types, &desc);
                                {
                                    let field = <u32 as ::bident::message::Field<
                                        ::bident::message::format::Plain,
                                    >>::describe(
                                        types,
                                        ::bident::__private::message::field_desc(
                                            "total",
                                            "total",
                                            1u32,
                                            "",
                                            false,
                                            false,
                                            ::core::option::Option::None,
                                        ),
                                    );
                                    desc.fields.push(field);
                                }
                            },
                        );
                    desc.nested.push(nested.clone());
                    ::bident::__private::message::nested_field(
                        ::bident::__private::message::field_desc(
                            "count",
                            "count",
                            2u32,
                            "",
                            false,
                            false,
                            ::core::option::Option::None,
                        ),
                        nested,
                    )
                };
                ::bident::__private::message::push_member(desc, field, oneof);
            }
            {
                let field = <() as ::bident::message::Field>::describe(
                    types,
                    ::bident::__private::message::field_desc(
                        "nothing",
                        "nothing",
                        3u32,
                        "",
                        false,
                        false,
                        ::core::option::Option::None,
                    ),
                );
                ::bident::__private::message::push_member(desc, field, oneof);
            }
        }
        fn trace_fields(&self, to: &mut ::bident::message::Attributes) {
            let _ = &to;
            match self {
                Self::Book(field_0) => {
                    let _ = field_0;
                    {
                        <Book as ::bident::message::Field<
                            ::bident::message::format::Plain,
                        >>::trace_within(field_0, to);
                    }
                }
                Self::Count { total: field_0 } => {
                    {
                        let _ = field_0;
                    }
                    {
                        <u32 as ::bident::message::Field<
                            ::bident::message::format::Plain,
                        >>::trace_within(field_0, to);
                    }
                }
                Self::Nothing => {}
            }
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::message::Message for Found {
        const FIELDS: &'static [&'static str] = <Self as ::bident::__private::message::Oneof>::NAMES;
        const TRACED: bool = <Self as ::bident::__private::message::Oneof>::TRACED;
        fn initial() -> ::core::option::Option<Self> {
            ::core::option::Option::None
        }
        fn size(&self) -> usize {
            ::bident::__private::message::Oneof::size(self)
        }
        fn write(&self, out: &mut ::bident::__private::message::Buffer) {
            ::bident::__private::message::Oneof::write(self, out);
        }
        fn read(
            body: &[u8],
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<Self, ::bident::message::Fault> {
            ::bident::__private::message::oneof::read(body, cx)
        }
        fn read_set(
            body: &[u8],
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<
            ::core::option::Option<Self>,
            ::bident::message::Fault,
        > {
            ::bident::__private::message::oneof::read_set(body, cx)
        }
        fn merge_field(
            &mut self,
            number: u32,
            raw: ::bident::message::Raw<'_>,
            cx: &mut ::bident::message::WireCx<'_>,
        ) -> ::core::result::Result<bool, ::bident::message::Fault> {
            ::bident::__private::message::Oneof::merge_member(self, number, raw, cx)
        }
        fn to_json<__BidentOutput: ::bident::__private::serde::Serializer>(
            &self,
            out: __BidentOutput,
            dialect: ::bident::message::Dialect,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            let _ = dialect;
            ::bident::__private::message::oneof::to_json(self, out, dialect)
        }
        fn from_json<'de, __BidentInput: ::bident::__private::serde::Deserializer<'de>>(
            input: __BidentInput,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<Self, __BidentInput::Error> {
            let _ = &cx;
            ::bident::__private::message::oneof::from_json(input, cx)
        }
        fn from_json_set<
            'de,
            __BidentInput: ::bident::__private::serde::Deserializer<'de>,
        >(
            input: __BidentInput,
            cx: &mut ::bident::message::JsonCx,
        ) -> ::core::result::Result<::core::option::Option<Self>, __BidentInput::Error> {
            let _ = &cx;
            ::bident::__private::message::oneof::from_json_set(input, cx)
        }
        fn field_number(field: &str) -> ::core::option::Option<u32> {
            ::bident::__private::message::oneof::number::<Self>(field)
        }
        fn write_field(
            &self,
            number: u32,
            out: &mut ::bident::__private::message::Buffer,
        ) {
            ::bident::__private::message::oneof::write_member(self, number, out);
        }
        fn field_to_json<__BidentOutput: ::bident::__private::serde::Serializer>(
            &self,
            field: &str,
            out: __BidentOutput,
            dialect: ::bident::message::Dialect,
        ) -> ::core::result::Result<__BidentOutput::Ok, __BidentOutput::Error> {
            ::bident::__private::message::oneof::field_to_json(self, field, out, dialect)
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
            ::bident::__private::message::oneof::field_from_json(self, field, input, cx)
        }
        fn bind(
            &mut self,
            path: &[&str],
            text: &str,
        ) -> ::core::result::Result<bool, ::bident::message::Fault> {
            ::bident::__private::message::oneof::bind(self, path, text)
        }
        fn bind_new(
            path: &[&str],
            text: &str,
        ) -> ::core::result::Result<
            ::core::option::Option<Self>,
            ::bident::message::Fault,
        > {
            <Self as ::bident::__private::message::Oneof>::bind_new(path, text)
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
                            "Found",
                        );
                        ::bident::__private::message::message_desc(
                            name,
                            ::core::option::Option::None,
                            ::core::concat!(::core::module_path!(), "::", "Found"),
                            "",
                            false,
                        )
                    },
                    |types, desc| {
                        ::bident::__private::message::oneof::describe::<
                            Self,
                        >(types, desc, "kind");
                    },
                )
        }
        fn trace_fields(&self, to: &mut ::bident::message::Attributes) {
            ::bident::__private::message::Oneof::trace_fields(self, to);
        }
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        clippy::all,
        reason = "generated code reads deprecated fields like any other"
    )]
    impl ::bident::__private::message::prost::Message for Found {
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
    impl ::bident::__private::serde::Serialize for Found {
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
    impl<'de> ::bident::__private::serde::Deserialize<'de> for Found {
        fn deserialize<__BidentInput: ::bident::__private::serde::Deserializer<'de>>(
            input: __BidentInput,
        ) -> ::core::result::Result<Self, __BidentInput::Error> {
            ::bident::__private::message::deserialize(input)
        }
    }
};
