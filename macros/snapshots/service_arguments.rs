impl<S: Store> Books<S> {
    async fn add(&self, shelf: String, ctx: &Context, title: String) -> Book {}
    #[cfg(feature = "remove")]
    async fn purge(&self) {}
    async fn count(
        &self,
        #[allow(unused_variables)]
        ctx: &Context,
        #[allow(unused_variables)]
        of: Genre,
    ) -> Result<Reply<Count>, Error> {}
    async fn open(&self) -> bident::Result {}
}
///A typed client of `Books`, over gRPC or HTTP.
#[derive(::core::clone::Clone)]
#[allow(dead_code, unreachable_pub, reason = "not every crate calls its own service")]
pub struct BooksClient {
    client: ::kit::client::Client,
}
const _: () = {
    enum __BidentAddMethod {}
    #[::kit::message(crate = ::kit, name = "AddRequest", skip(Debug, Clone, PartialEq))]
    struct __BidentAddRequest {
        shelf: String,
        title: String,
    }
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::kit::service::Signature for __BidentAddMethod {
        type Input = __BidentAddRequest;
        type Output = Book;
    }
    #[cfg(feature = "remove")]
    enum __BidentPurgeMethod {}
    #[cfg(feature = "remove")]
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::kit::service::Signature for __BidentPurgeMethod {
        type Input = ();
        type Output = ();
    }
    enum __BidentCountMethod {}
    #[automatically_derived]
    impl ::kit::service::RequestNames for __BidentCountMethod {
        const MESSAGE: &'static str = "CountRequest";
        const FIELD: &'static str = "of";
        const JSON: &'static str = "of";
        const RUST: &'static str = ::core::concat!(
            ::core::module_path!(), "::", "__BidentCountRequest"
        );
    }
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::kit::service::Signature for __BidentCountMethod {
        type Input = Genre;
        type Output = Result<Reply<Count>, Error>;
    }
    static __BIDENT_SPEC: ::kit::service::ServiceSpec = ::kit::service::ServiceSpec {
        package: "",
        name: "Books",
        full_name: "Books",
        doc: "",
        deprecated: false,
        methods: &[
            ::kit::service::MethodSpec {
                name: "Add",
                operation: "/Books/Add",
                doc: "",
                bindings: &[
                    ::kit::service::BindingSpec {
                        verb: "POST",
                        path: "/v1/{shelf}/books",
                        body: ::core::option::Option::Some("title"),
                        response_body: ::core::option::Option::Some("title"),
                    },
                ],
                shape: ::kit::__private::shape::<__BidentAddMethod>(),
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: false,
                traced: ::kit::__private::is_traced::<__BidentAddMethod>(false),
                input: ::kit::__private::request::<__BidentAddMethod>(),
                output: ::kit::__private::reply::<__BidentAddMethod>(),
            },
            #[cfg(feature = "remove")]
            ::kit::service::MethodSpec {
                name: "Purge",
                operation: "/Books/Purge",
                doc: "",
                bindings: &[
                    ::kit::service::BindingSpec {
                        verb: "PURGE",
                        path: "/v1/books",
                        body: ::core::option::Option::None,
                        response_body: ::core::option::Option::None,
                    },
                ],
                shape: ::kit::__private::shape::<__BidentPurgeMethod>(),
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: false,
                traced: ::kit::__private::is_traced::<__BidentPurgeMethod>(false),
                input: ::kit::__private::request::<__BidentPurgeMethod>(),
                output: ::kit::__private::reply::<__BidentPurgeMethod>(),
            },
            ::kit::service::MethodSpec {
                name: "Count",
                operation: "/Books/Count",
                doc: "",
                bindings: &[],
                shape: ::kit::__private::shape::<__BidentCountMethod>(),
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: true,
                traced: ::kit::__private::is_traced::<__BidentCountMethod>(true),
                input: ::kit::__private::request::<__BidentCountMethod>(),
                output: ::kit::__private::reply::<__BidentCountMethod>(),
            },
        ],
    };
    const _: () = ::core::assert!(
        ::kit::__private::request_has:: < __BidentAddMethod > ("shelf"),
        "the path variable `{{shelf}}` names no field of the request: `shelf` is not one"
    );
    const _: () = ::core::assert!(
        ::kit::__private::request_has:: < __BidentAddMethod > ("title"),
        "`body = \"title\"` names no field of the request: `title` is not one"
    );
    const _: () = ::core::assert!(
        ::kit::__private::reply_has:: < __BidentAddMethod > ("title"),
        "`response_body = \"title\"` names no field of the reply: `title` is not one"
    );
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated method is served like any other")]
    impl<S: Store> ::kit::service::Service for Books<S> {
        const SPEC: &'static ::kit::service::ServiceSpec = &__BIDENT_SPEC;
        fn mount(self: ::std::sync::Arc<Self>, mount: &mut ::kit::service::Mount) {
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .method::<
                        __BidentAddMethod,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[0usize],
                        move |context, __BidentAddRequest { shelf, title }| async move {
                            let _ = &context;
                            Self::add(
                                    &service,
                                    shelf,
                                    <Context as ::kit::__private::ContextArg>::context(
                                        &context,
                                    ),
                                    title,
                                )
                                .await
                        },
                    );
            }
            #[cfg(feature = "remove")]
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .method::<
                        __BidentPurgeMethod,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[1usize],
                        move |context, ()| async move {
                            let _ = &context;
                            Self::purge(&service).await
                        },
                    );
            }
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .method::<
                        __BidentCountMethod,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC
                            .methods[1usize
                            + ::core::cfg!(all(feature = "remove")) as usize],
                        move |context, of| async move {
                            let _ = &context;
                            ::kit::__private::record(
                                &context,
                                |to| {
                                    let ctx: &Context = <Context as ::kit::__private::ContextArg>::context(
                                        &context,
                                    );
                                    to.put("of", ::kit::message::Traced::attribute(&(of)));
                                    to.put(
                                        "priority",
                                        ::kit::message::Traced::attribute(&("high")),
                                    );
                                    to.put(
                                        "by",
                                        ::kit::__private::displayed(&(ctx.operation())),
                                    );
                                },
                            );
                            let outcome = Self::count(
                                    &service,
                                    <Context as ::kit::__private::ContextArg>::context(
                                        &context,
                                    ),
                                    of,
                                )
                                .await;
                            ::kit::__private::record_reply::<
                                __BidentCountMethod,
                            >(
                                &context,
                                &outcome,
                                |reply, to| {
                                    to.put(
                                        "count.all",
                                        ::kit::message::Traced::attribute(&(reply.all)),
                                    );
                                },
                            );
                            outcome
                        },
                    );
            }
            {
                let host = ::core::clone::Clone::clone(&self);
                mount
                    .hook(
                        ::kit::service::HookAt::BeforeStart,
                        "open",
                        move || {
                            let host = ::core::clone::Clone::clone(&host);
                            async move {
                                ::kit::__private::HookOutcome::into_result(
                                    Self::open(&host).await,
                                )
                            }
                        },
                    );
            }
        }
    }
    #[automatically_derived]
    #[allow(
        dead_code,
        deprecated,
        private_interfaces,
        private_bounds,
        unreachable_pub,
        reason = "the client is as visible as its messages, which only their own definitions say"
    )]
    impl BooksClient {
        /// A client of the server at `target`, such as `grpc://127.0.0.1:8000` or `http://127.0.0.1:8000`.
        ///
        /// # Errors
        /// A target that cannot be read. The connection itself is made by the first call.
        pub async fn connect(
            target: impl ::core::convert::AsRef<str>,
        ) -> ::kit::error::Result<Self> {
            ::kit::client::Client::connect(::core::convert::AsRef::as_ref(&target))
                .await
                .map(Self::from_client)
        }
        /// A client over connections that are shared with others.
        #[must_use]
        pub fn from_client(client: ::kit::client::Client) -> Self {
            Self { client }
        }
        /// The same client, whose calls end by `deadline`: a `Duration` after each call's start, or an `Instant`.
        #[must_use]
        pub fn with_deadline(
            mut self,
            deadline: impl ::core::convert::Into<::kit::client::Deadline>,
        ) -> Self {
            self.client = self.client.with_deadline(deadline);
            self
        }
        /// The same client, whose calls carry this header or metadata entry too.
        #[must_use]
        pub fn with_metadata(
            mut self,
            key: &str,
            value: impl ::core::convert::AsRef<[u8]>,
        ) -> Self {
            self.client = self.client.with_metadata(key, value);
            self
        }
        /// The same client, which compresses what it sends over gRPC.
        #[must_use]
        pub fn with_compression(
            mut self,
            compression: ::kit::client::Compression,
        ) -> Self {
            self.client = self.client.with_compression(compression);
            self
        }
        /// The same client, which reads answers, and messages of one that streams, of at most so many bytes.
        #[must_use]
        pub fn with_max_body(mut self, bytes: usize) -> Self {
            self.client = self.client.with_max_body(bytes);
            self
        }
        ///Calls `/Books/Add`.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn add(
            &self,
            shelf: String,
            title: String,
        ) -> ::core::result::Result<
            <Book as ::kit::service::Outcome>::Message,
            ::kit::error::CallError<<Book as ::kit::service::Outcome>::Error>,
        >
        where
            for<'__bident> Book: ::kit::service::Outcome,
        {
            self.client
                .unary::<
                    __BidentAddMethod,
                >(&__BIDENT_SPEC.methods[0usize], __BidentAddRequest { shelf, title })
                .await
        }
        #[cfg(feature = "remove")]
        ///Calls `/Books/Purge`.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn purge(
            &self,
        ) -> ::core::result::Result<
            <() as ::kit::service::Outcome>::Message,
            ::kit::error::CallError<<() as ::kit::service::Outcome>::Error>,
        >
        where
            for<'__bident> (): ::kit::service::Outcome,
        {
            self.client
                .unary::<__BidentPurgeMethod>(&__BIDENT_SPEC.methods[1usize], ())
                .await
        }
        ///Calls `/Books/Count`.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn count(
            &self,
            of: Genre,
        ) -> ::core::result::Result<
            <Result<Reply<Count>, Error> as ::kit::service::Outcome>::Message,
            ::kit::error::CallError<
                <Result<Reply<Count>, Error> as ::kit::service::Outcome>::Error,
            >,
        >
        where
            for<'__bident> Result<Reply<Count>, Error>: ::kit::service::Outcome,
        {
            self.client
                .unary::<
                    __BidentCountMethod,
                >(
                    &__BIDENT_SPEC
                        .methods[1usize
                        + ::core::cfg!(all(feature = "remove")) as usize],
                    of,
                )
                .await
        }
    }
};
