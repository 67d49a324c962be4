/// Greets people.
impl Greeter {
    /// Says hello.
    async fn say_hello(&self, req: HelloRequest) -> Result<HelloReply, GreeterError> {
        self.greet(req).await
    }
    async fn greet(&self, req: HelloRequest) -> Result<HelloReply, GreeterError> {}
}
///A typed client of `helloworld.v1.Greeter`, over gRPC or HTTP.
#[derive(::core::clone::Clone)]
#[allow(dead_code, unreachable_pub, reason = "not every crate calls its own service")]
pub struct GreeterClient {
    client: ::bident::client::Client,
}
const _: () = {
    enum __BidentSayHelloMethod {}
    #[automatically_derived]
    impl ::bident::service::RequestNames for __BidentSayHelloMethod {
        const MESSAGE: &'static str = "SayHelloRequest";
        const FIELD: &'static str = "req";
        const JSON: &'static str = "req";
        const RUST: &'static str = ::core::concat!(
            ::core::module_path!(), "::", "__BidentSayHelloRequest"
        );
    }
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::bident::service::Signature for __BidentSayHelloMethod {
        type Input = HelloRequest;
        type Output = Result<HelloReply, GreeterError>;
    }
    static __BIDENT_SPEC: ::bident::service::ServiceSpec = ::bident::service::ServiceSpec {
        package: "helloworld.v1",
        name: "Greeter",
        full_name: "helloworld.v1.Greeter",
        doc: "Greets people.",
        deprecated: false,
        methods: &[
            ::bident::service::MethodSpec {
                name: "SayHello",
                operation: "/helloworld.v1.Greeter/SayHello",
                doc: "Says hello.",
                bindings: &[
                    ::bident::service::BindingSpec {
                        verb: "GET",
                        path: "/helloworld/{name}",
                        body: ::core::option::Option::None,
                        response_body: ::core::option::Option::None,
                    },
                    ::bident::service::BindingSpec {
                        verb: "POST",
                        path: "/v1/hello",
                        body: ::core::option::Option::Some("*"),
                        response_body: ::core::option::Option::None,
                    },
                ],
                shape: ::bident::__private::shape::<__BidentSayHelloMethod>(),
                timeout: ::core::option::Option::Some(
                    ::core::time::Duration::new(1u64, 500000000u32),
                ),
                idempotent: true,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: false,
                traced: ::bident::__private::is_traced::<__BidentSayHelloMethod>(false),
                input: ::bident::__private::request::<__BidentSayHelloMethod>(),
                output: ::bident::__private::reply::<__BidentSayHelloMethod>(),
            },
        ],
    };
    const _: () = ::core::assert!(
        ::bident::__private::request_has:: < __BidentSayHelloMethod > ("name"),
        "the path variable `{{name}}` names no field of the request: `name` is not one"
    );
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated method is served like any other")]
    impl ::bident::service::Service for Greeter {
        const SPEC: &'static ::bident::service::ServiceSpec = &__BIDENT_SPEC;
        fn mount(self: ::std::sync::Arc<Self>, mount: &mut ::bident::service::Mount) {
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .method::<
                        __BidentSayHelloMethod,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[0usize],
                        move |context, req| async move {
                            let _ = &context;
                            Self::say_hello(&service, req).await
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
    impl GreeterClient {
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
        /// Says hello.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn say_hello(
            &self,
            req: HelloRequest,
        ) -> ::core::result::Result<
            <Result<HelloReply, GreeterError> as ::bident::service::Outcome>::Message,
            ::bident::error::CallError<
                <Result<HelloReply, GreeterError> as ::bident::service::Outcome>::Error,
            >,
        >
        where
            for<'__bident> Result<HelloReply, GreeterError>: ::bident::service::Outcome,
        {
            self.client
                .unary::<__BidentSayHelloMethod>(&__BIDENT_SPEC.methods[0usize], req)
                .await
        }
    }
};
