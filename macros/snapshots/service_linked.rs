impl Greeter {
    async fn new(config: &Config) -> bident::Result<Self> {}
    async fn ping(&self) {}
}
///A typed client of `a.v1.Greeter`, over gRPC or HTTP.
#[derive(::core::clone::Clone)]
#[allow(dead_code, unreachable_pub, reason = "not every crate calls its own service")]
pub struct GreeterClient {
    client: ::bident::client::Client,
}
const _: () = {
    enum __BidentPingMethod {}
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::bident::service::Signature for __BidentPingMethod {
        type Input = ();
        type Output = ();
    }
    static __BIDENT_SPEC: ::bident::service::ServiceSpec = ::bident::service::ServiceSpec {
        package: "a.v1",
        name: "Greeter",
        full_name: "a.v1.Greeter",
        doc: "",
        deprecated: false,
        methods: &[
            ::bident::service::MethodSpec {
                name: "Ping",
                operation: "/a.v1.Greeter/Ping",
                doc: "",
                bindings: &[],
                shape: ::bident::__private::shape::<__BidentPingMethod>(),
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: false,
                traced: ::bident::__private::is_traced::<__BidentPingMethod>(false),
                input: ::bident::__private::request::<__BidentPingMethod>(),
                output: ::bident::__private::reply::<__BidentPingMethod>(),
            },
        ],
    };
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated method is served like any other")]
    impl ::bident::service::Service for Greeter {
        const SPEC: &'static ::bident::service::ServiceSpec = &__BIDENT_SPEC;
        fn mount(self: ::std::sync::Arc<Self>, mount: &mut ::bident::service::Mount) {
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .method::<
                        __BidentPingMethod,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[0usize],
                        move |context, ()| async move {
                            let _ = &context;
                            Self::ping(&service).await
                        },
                    );
            }
        }
    }
    fn __bident_make(
        config: &::bident::Config,
    ) -> ::bident::__private::BoxFuture<
        '_,
        ::bident::error::Result<::bident::service::Mount>,
    > {
        ::std::boxed::Box::pin(async move {
            let _ = config;
            let service: Greeter = ::bident::__private::Constructed::into_result(
                <Greeter>::new(config).await,
            )?;
            ::core::result::Result::Ok(::bident::__private::mounted(service))
        })
    }
    ::bident::__private::inventory::submit! {
        ::bident::__private::Linked { name : "a.v1.Greeter", make : __bident_make }
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
        ///Calls `/a.v1.Greeter/Ping`.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn ping(
            &self,
        ) -> ::core::result::Result<
            <() as ::bident::service::Outcome>::Message,
            ::bident::error::CallError<<() as ::bident::service::Outcome>::Error>,
        >
        where
            for<'__bident> (): ::bident::service::Outcome,
        {
            self.client
                .unary::<__BidentPingMethod>(&__BIDENT_SPEC.methods[0usize], ())
                .await
        }
    }
};
