package main

import (
	"context"
	"log"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// The messages of user.v1, described by hand: what protoc would make of the contract.
var (
	file              = described()
	userMessage       = file.Messages().ByName("User")
	getUserRequest    = file.Messages().ByName("GetUserRequest")
	createUserRequest = file.Messages().ByName("CreateUserRequest")
	listUsersRequest  = file.Messages().ByName("ListUsersRequest")
	listUsersReply    = file.Messages().ByName("ListUsersReply")
)

func described() protoreflect.FileDescriptor {
	text := descriptorpb.FieldDescriptorProto_TYPE_STRING
	one := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
	field := func(number int32, name string) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{Name: &name, Number: &number, Type: &text, Label: &one}
	}
	message := func(name string, fields ...*descriptorpb.FieldDescriptorProto) *descriptorpb.DescriptorProto {
		return &descriptorpb.DescriptorProto{Name: &name, Field: fields}
	}
	size := field(1, "page_size")
	size.Type = descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum()
	users := field(1, "users")
	users.Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	users.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	users.TypeName = proto.String(".user.v1.User")
	described, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name:    proto.String("user/v1/user.proto"),
		Package: proto.String("user.v1"),
		Syntax:  proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{
			message("User", field(1, "id"), field(2, "name"), field(3, "email")),
			message("GetUserRequest", field(1, "id")),
			message("CreateUserRequest", field(1, "name"), field(2, "email")),
			message("ListUsersRequest", size, field(2, "page_token")),
			message("ListUsersReply", users, field(2, "next_page_token")),
		},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	return described
}

// method is what protoc-gen-go-grpc writes for a unary method without interceptors.
func method(
	name string,
	input protoreflect.MessageDescriptor,
	answer func(context.Context, *dynamicpb.Message) (proto.Message, error),
) grpc.MethodDesc {
	handler := func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		request := dynamicpb.NewMessage(input)
		if err := decode(request); err != nil {
			return nil, err
		}
		return answer(ctx, request)
	}
	return grpc.MethodDesc{MethodName: name, Handler: handler}
}

func user(id, name, email string) proto.Message {
	message := dynamicpb.NewMessage(userMessage)
	message.Set(field(userMessage, "id"), value(id))
	message.Set(field(userMessage, "name"), value(name))
	message.Set(field(userMessage, "email"), value(email))
	return message
}

func field(message protoreflect.MessageDescriptor, name protoreflect.Name) protoreflect.FieldDescriptor {
	return message.Fields().ByName(name)
}

func text(message *dynamicpb.Message, name protoreflect.Name) string {
	return message.Get(field(message.Descriptor(), name)).String()
}

func value(text string) protoreflect.Value {
	return protoreflect.ValueOfString(text)
}
