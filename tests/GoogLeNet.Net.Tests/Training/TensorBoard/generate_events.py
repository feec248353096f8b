#!/usr/bin/python3
"""Writes expected.tfevents: what TensorBoardSinkTests.cs reports, written with Google's protobuf library.

The messages are those of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto as far as scalars need them; the
framing is that of tensorflow/core/lib/io/record_writer. Run with protobuf 4.21 (Debian's python3-protobuf 3.21.12).
"""
import struct
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto


def message(parent, name, *fields, oneof):
    made = parent.add(name=name)
    made.oneof_decl.add(name="what")
    for field, number, kind, of in fields:
        added = made.field.add(name=field, number=number, type=kind, label=FIELD.LABEL_OPTIONAL)
        if of:
            added.type_name = of
        if field in oneof:
            added.oneof_index = 0
    return made


file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="tensorflow", syntax="proto3")
message(
    file.message_type, "Event", ("wall_time", 1, FIELD.TYPE_DOUBLE, None), ("step", 2, FIELD.TYPE_INT64, None),
    ("file_version", 3, FIELD.TYPE_STRING, None), ("summary", 5, FIELD.TYPE_MESSAGE, ".tensorflow.Summary"), oneof=("file_version", "summary"))
summary = file.message_type.add(name="Summary")
message(
    summary.nested_type, "Value", ("tag", 1, FIELD.TYPE_STRING, None), ("simple_value", 2, FIELD.TYPE_FLOAT, None), oneof=("simple_value",))
summary.field.add(name="value", number=1, type=FIELD.TYPE_MESSAGE, label=FIELD.LABEL_REPEATED, type_name=".tensorflow.Summary.Value")
Event = message_factory.GetMessages([file])["tensorflow.Event"]


def masked(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(event):
    data = event.SerializeToString(deterministic=True)
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def scalars(step, **values):
    event = Event(wall_time=TIME, step=step)
    for tag, value in values.items():
        event.summary.value.add(tag=tag.replace("__", "/"), simple_value=value)
    return event


TIME = 1_800_000_000.25
Path(__file__).with_name("expected.tfevents").write_bytes(b"".join(map(record, [
    Event(wall_time=TIME, file_version="brain.Event:2"),
    scalars(236, learning_rate=0.01, images_per_second=99),
    scalars(
        392, learning_rate=0.02, images_per_second=1234.5,
        loss__train__main=1.5, accuracy__train__main=0.25, loss__train__aux1=1.75, accuracy__train__aux1=0.125,
        loss__validation__main=1.25, accuracy__validation__main=0.5, loss__validation__aux1=1, accuracy__validation__aux1=0.75),
    scalars(195_999_999_805, learning_rate=0.01, images_per_second=99),
])))
