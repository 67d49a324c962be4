pub trait Users: Send + Sync + 'static {
    fn get_user(
        &self,
        id: String,
    ) -> impl ::core::future::Future<
        Output = Result<User, UserError>,
    > + ::core::marker::Send;
    /// How many there are.
    fn count(&self) -> impl ::core::future::Future<Output = Count> + ::core::marker::Send
    where
        Self: ::core::marker::Sync,
    {
        async move { Count::default() }
    }
}
///A typed client of `user.v1.Users`, over gRPC or HTTP.
#[derive(::core::clone::Clone)]
#[allow(dead_code, unreachable_pub, reason = "not every crate calls its own service")]
pub struct UsersClient {
    client: ::bident::client::Client,
}
///Serves an implementation of [`Users`]: what an app mounts.
#[allow(dead_code, reason = "a crate may only use the client")]
pub struct UsersServer<T>(pub T);
impl<T: Users> UsersServer<T> {
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
    enum __BidentGetUserMethod {}
    #[automatically_derived]
    impl ::bident::service::RequestNames for __BidentGetUserMethod {
        const MESSAGE: &'static str = "GetUserRequest";
        const FIELD: &'static str = "id";
        const JSON: &'static str = "id";
        const RUST: &'static str = ::core::concat!(
            ::core::module_path!(), "::", "__BidentGetUserRequest"
        );
    }
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::bident::service::Signature for __BidentGetUserMethod {
        type Input = String;
        type Output = Result<User, UserError>;
    }
    enum __BidentCountMethod {}
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated type is served like any other")]
    impl ::bident::service::Signature for __BidentCountMethod {
        type Input = ();
        type Output = Count;
    }
    static __BIDENT_SPEC: ::bident::service::ServiceSpec = ::bident::service::ServiceSpec {
        package: "user.v1",
        name: "Users",
        full_name: "user.v1.Users",
        doc: "",
        deprecated: false,
        methods: &[
            ::bident::service::MethodSpec {
                name: "GetUser",
                operation: "/user.v1.Users/GetUser",
                doc: "",
                bindings: &[
                    ::bident::service::BindingSpec {
                        verb: "GET",
                        path: "/v1/users/{id}",
                        body: ::core::option::Option::None,
                        response_body: ::core::option::Option::None,
                    },
                ],
                shape: ::bident::__private::shape::<__BidentGetUserMethod>(),
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: false,
                traced: ::bident::__private::is_traced::<__BidentGetUserMethod>(false),
                input: ::bident::__private::request::<__BidentGetUserMethod>(),
                output: ::bident::__private::reply::<__BidentGetUserMethod>(),
            },
            ::bident::service::MethodSpec {
                name: "Count",
                operation: "/user.v1.Users/Count",
                doc: "How many there are.",
                bindings: &[],
                shape: ::bident::__private::shape::<__BidentCountMethod>(),
                timeout: ::core::option::Option::None,
                idempotent: false,
                deprecated: false,
                form: false,
                event_id: ::core::option::Option::None,
                high_priority: false,
                traced: ::bident::__private::is_traced::<__BidentCountMethod>(false),
                input: ::bident::__private::request::<__BidentCountMethod>(),
                output: ::bident::__private::reply::<__BidentCountMethod>(),
            },
        ],
    };
    const _: () = ::core::assert!(
        ::bident::__private::request_has:: < __BidentGetUserMethod > ("id"),
        "the path variable `{{id}}` names no field of the request: `id` is not one"
    );
    #[automatically_derived]
    #[allow(deprecated, reason = "a deprecated method is served like any other")]
    impl<__T> ::bident::service::Service for UsersServer<__T>
    where
        __T: Users + ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        const SPEC: &'static ::bident::service::ServiceSpec = &__BIDENT_SPEC;
        fn mount(self: ::std::sync::Arc<Self>, mount: &mut ::bident::service::Mount) {
            {
                let service = ::core::clone::Clone::clone(&self);
                mount
                    .method::<
                        __BidentGetUserMethod,
                        _,
                        _,
                    >(
                        &__BIDENT_SPEC.methods[0usize],
                        move |context, id| async move {
                            let _ = &context;
                            <__T as Users>::get_user(&service.0, id).await
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
                        &__BIDENT_SPEC.methods[1usize],
                        move |context, ()| async move {
                            let _ = &context;
                            <__T as Users>::count(&service.0).await
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
    impl UsersClient {
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
        ///Calls `/user.v1.Users/GetUser`.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn get_user(
            &self,
            id: String,
        ) -> ::core::result::Result<
            <Result<User, UserError> as ::bident::service::Outcome>::Message,
            ::bident::error::CallError<
                <Result<User, UserError> as ::bident::service::Outcome>::Error,
            >,
        >
        where
            for<'__bident> Result<User, UserError>: ::bident::service::Outcome,
        {
            self.client
                .unary::<__BidentGetUserMethod>(&__BIDENT_SPEC.methods[0usize], id)
                .await
        }
        /// How many there are.
        ///
        /// # Errors
        /// One of the method's own reasons, or any other error of the call.
        pub async fn count(
            &self,
        ) -> ::core::result::Result<
            <Count as ::bident::service::Outcome>::Message,
            ::bident::error::CallError<<Count as ::bident::service::Outcome>::Error>,
        >
        where
            for<'__bident> Count: ::bident::service::Outcome,
        {
            self.client
                .unary::<__BidentCountMethod>(&__BIDENT_SPEC.methods[1usize], ())
                .await
        }
    }
};
