pub trait Notes {
    fn watch(
        &self,
        topic: String,
    ) -> impl ::core::future::Future<
        Output = Result<
            impl Stream<Item = Result<Note, NoteError>> + Send + ::core::marker::Send,
            NoteError,
        >,
    > + ::core::marker::Send;
    fn collect(
        &self,
        notes: Streaming<Note>,
    ) -> impl ::core::future::Future<Output = Summary> + ::core::marker::Send;
    fn echo(
        &self,
        notes: Streaming<Note>,
    ) -> impl Stream<Item = Note> + ::core::marker::Send;
}
///A typed client of `notes.v1.Notes`, over gRPC or HTTP.
#[derive(::core::clone::Clone)]
#[allow(dead_code, unreachable_pub, reason = "not every crate calls its own service")]
pub struct NotesClient {
    client: ::bident::client::Client,
}
///Serves an implementation of [`Notes`]: what an app mounts.
#[allow(dead_code, reason = "a crate may only use the client")]
pub struct NotesServer<T>(pub T);
impl<T: Notes> NotesServer<T> {
    /// Runs the hooks of the implementation too, declared in its impl marked `#[service(hooks)]`.
    #[allow(dead_code, reason = "most implementations have no hooks")]
    pub fn with_hooks(self) -> ::bident::service::WithHooks<Self, T>
    where
        T: ::bident::service::Hooks,
    {
        ::bident::service::WithHooks::new(self, |server| &server.0)
    }
}
const _: () = {
    enum __BidentWatchMethod {}
    #[automatically_derived]
    impl ::bident::service::RequestNames for __BidentWatchMethod {
        const MESSAGE: &'static str = "WatchRequest";
        const FIELD: &'static str = "topic";
        const JSON: &'static str = "topic";
        const RUST: &'static str = ::core::concat!(
            ::core::module_path!(), "::", "__BidentWatchRequest"
        );
    }
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::bident::service::Signature for __BidentWatchMethod {
        type Input = String;
        type Output = Result<
            ::bident::__private::StreamOf<Result<Note, NoteError>>,
            NoteError,
        >;
    }
    enum __BidentCollectMethod {}
    #[automatically_derived]
    impl ::bident::service::RequestNames for __BidentCollectMethod {
        const MESSAGE: &'static str = "CollectRequest";
        const FIELD: &'static str = "notes";
        const JSON: &'static str = "notes";
        const RUST: &'static str = ::core::concat!(
            ::core::module_path!(), "::", "__BidentCollectRequest"
        );
    }
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::bident::service::Signature for __BidentCollectMethod {
        type Input = Streaming<Note>;
        type Output = Summary;
    }
    enum __BidentEchoMethod {}
    #[automatically_derived]
    impl ::bident::service::RequestNames for __BidentEchoMethod {
        const MESSAGE: &'static str = "EchoRequest";
        const FIELD: &'static str = "notes";
        const JSON: &'static str = "notes";
        const RUST: &'static str = ::core::concat!(
            ::core::module_path!(), "::", "__BidentEchoRequest"
        );
    }
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::bident::service::Signature for __BidentEchoMethod {
        type Input = Streaming<Note>;
        type Output = ::bident::__private::StreamOf<Note>;
    }
    static __BIDENT_SPEC: ::bident::service::ServiceSpec = ::bident::service::ServiceSpec {
        package: "notes.v1",
        name: "Notes",
        full_name: "notes.v1.Notes",
        doc: "",
        deprecated: false,
        methods: &[
            ::bident::service::MethodSpec {
                name: "Watch",
                operation: "/notes.v1.Notes/Watch",
                doc: "",
                bindings: &[
                    ::bident::service::BindingSpec {
                        verb: "GET",
                        path: "/v1/notes/{topic}",
                        body: ::core::option::Option::None,
                        response_body: ::core::option::Option::None,
                    },
                ],
                shape: ::bident::__private::shape::<__BidentWatchMethod>(),
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: false,
                traced: ::bident::__private::is_traced::<__BidentWatchMethod>(false),
                input: ::bident::__private::request::<__BidentWatchMethod>(),
                output: ::bident::__private::reply::<__BidentWatchMethod>(),
            },
            ::bident::service::MethodSpec {
                name: "Collect",
                operation: "/notes.v1.Notes/Collect",
                doc: "",
                bindings: &[],
                shape: ::bident::__private::shape::<__BidentCollectMethod>(),
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: false,
                traced: ::bident::__private::is_traced::<__BidentCollectMethod>(false),
                input: ::bident::__private::request::<__BidentCollectMethod>(),
                output: ::bident::__private::reply::<__BidentCollectMethod>(),
            },
            ::bident::service::MethodSpec {
                name: "Echo",
                operation: "/notes.v1.Notes/Echo",
                doc: "",
                bindings: &[],
                shape: ::bident::__private::shape::<__BidentEchoMethod>(),
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: false,
                traced: ::bident::__private::is_traced::<__BidentEchoMethod>(false),
                input: ::bident::__private::request::<__BidentEchoMethod>(),
                output: ::bident::__private::reply::<__BidentEchoMethod>(),
            },
        ],
    };
    const _: () = ::core::assert!(
        ::bident::__private::request_has:: < __BidentWatchMethod > ("topic"),
        "the path variable `{{topic}}` names no field of the request: `topic` is not one"
    );
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated method is served like any other")]
    impl<__T> ::bident::service::Service for NotesServer<__T>
    where
        __T: Notes + ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        const SPEC: &'static ::bident::service::ServiceSpec = &__BIDENT_SPEC;
        fn mount(self: ::std::sync::Arc<Self>, mount: &mut ::bident::service::Mount) {
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .streaming::<
                        __BidentWatchMethod,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[0usize],
                        move |context, topic, answers| async move {
                            let _ = &context;
                            let returned = <__T as Notes>::watch(&service.0, topic)
                                .await;
                            answers.send(returned).await
                        },
                    );
            }
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .method::<
                        __BidentCollectMethod,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[1usize],
                        move |context, notes| async move {
                            let _ = &context;
                            <__T as Notes>::collect(&service.0, notes).await
                        },
                    );
            }
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .streaming::<
                        __BidentEchoMethod,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[2usize],
                        move |context, notes, answers| async move {
                            let _ = &context;
                            let returned = <__T as Notes>::echo(&service.0, notes);
                            answers.send(returned).await
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
    impl NotesClient {
        /// A client of the server at `target`, such as `grpc://127.0.0.1:8000` or `http://127.0.0.1:8000`.
        ///
        /// # Errors
        /// A target that cannot be read. The connection itself is made by the first call.
        pub async fn connect(
            target: impl ::core::convert::AsRef<str>,
        ) -> ::bident::error::Result<Self> {
            ::bident::client::Client::connect(::core::convert::AsRef::as_ref(&target))
                .await
                .map(Self::from_client)
        }
        /// A client over connections that are shared with others.
        #[must_use]
        pub fn from_client(client: ::bident::client::Client) -> Self {
            Self { client }
        }
        /// The same client, whose calls end by `deadline`: a `Duration` after each call's start, or an `Instant`.
        #[must_use]
        pub fn with_deadline(
            mut self,
            deadline: impl ::core::convert::Into<::bident::client::Deadline>,
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
            compression: ::bident::client::Compression,
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
        ///Calls `/notes.v1.Notes/Watch`.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn watch(
            &self,
            topic: String,
        ) -> ::core::result::Result<
            ::bident::Streaming<
                <Result<
                    ::bident::__private::StreamOf<Result<Note, NoteError>>,
                    NoteError,
                > as ::bident::service::Outcome>::Message,
                ::bident::error::CallError<
                    <Result<
                        ::bident::__private::StreamOf<Result<Note, NoteError>>,
                        NoteError,
                    > as ::bident::service::Outcome>::ItemError,
                >,
            >,
            ::bident::error::CallError<
                <Result<
                    ::bident::__private::StreamOf<Result<Note, NoteError>>,
                    NoteError,
                > as ::bident::service::Outcome>::Error,
            >,
        >
        where
            for<'__bident> Result<
                ::bident::__private::StreamOf<Result<Note, NoteError>>,
                NoteError,
            >: ::bident::service::Outcome,
        {
            self.client
                .stream::<__BidentWatchMethod>(&__BIDENT_SPEC.methods[0usize], topic)
                .await
        }
        ///Calls `/notes.v1.Notes/Collect`.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn collect(
            &self,
            notes: Streaming<Note>,
        ) -> ::core::result::Result<
            <Summary as ::bident::service::Outcome>::Message,
            ::bident::error::CallError<<Summary as ::bident::service::Outcome>::Error>,
        >
        where
            for<'__bident> Summary: ::bident::service::Outcome,
        {
            self.client
                .unary::<__BidentCollectMethod>(&__BIDENT_SPEC.methods[1usize], notes)
                .await
        }
        ///Calls `/notes.v1.Notes/Echo`.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn echo(
            &self,
            notes: Streaming<Note>,
        ) -> ::core::result::Result<
            ::bident::Streaming<
                <::bident::__private::StreamOf<
                    Note,
                > as ::bident::service::Outcome>::Message,
                ::bident::error::CallError<
                    <::bident::__private::StreamOf<
                        Note,
                    > as ::bident::service::Outcome>::ItemError,
                >,
            >,
            ::bident::error::CallError<
                <::bident::__private::StreamOf<
                    Note,
                > as ::bident::service::Outcome>::Error,
            >,
        >
        where
            for<'__bident> ::bident::__private::StreamOf<
                Note,
            >: ::bident::service::Outcome,
        {
            self.client
                .stream::<__BidentEchoMethod>(&__BIDENT_SPEC.methods[2usize], notes)
                .await
        }
    }
};
