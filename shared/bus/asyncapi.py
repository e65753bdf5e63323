"""The AsyncAPI 3 document of a service's public events, made from their models."""

from typing import Any

from shared.bus.published import PublicEvent, Published


def asyncapi(published: Published) -> dict[str, Any]:
    """AsyncAPI 3.0.0: a channel for each event on the topic exchange, message schemas and examples."""
    service = published.service
    events = sorted(published, key=lambda event: event.name)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{service} events",
            "version": "1.0.0",
            "description": "Public events: ids, states, amounts, reasons, dates; no personal data.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {event.name: _channel(event, service) for event in events},
        "operations": {f"publish{event.name}": _operation(event) for event in events},
        "components": {"messages": {event.name: _message(event, service) for event in events}},
    }


def _channel(event: PublicEvent[Any, Any], service: str) -> dict[str, Any]:
    return {
        "address": event.type(service),
        "messages": {event.name: {"$ref": f"#/components/messages/{event.name}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": "portal.events", "type": "topic", "durable": True},
            }
        },
    }


def _operation(event: PublicEvent[Any, Any]) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{event.name}"}, "summary": event.meaning}


def _message(event: PublicEvent[Any, Any], service: str) -> dict[str, Any]:
    example = event.example.model_dump(mode="json")
    return {
        "name": event.type(service),
        "title": event.name,
        "summary": event.meaning,
        "payload": envelope_schema(event, service),
        "examples": [{"name": "example", "payload": example_envelope(event, service, example)}],
    }


def envelope_schema(event: PublicEvent[Any, Any], service: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of the whole CloudEvent."""
    text = {"type": "string"}
    properties = {
        "specversion": {"const": "1.0"},
        "id": {**text, "format": "uuid"},
        "source": {"const": f"portal/{service}"},
        "type": {"const": event.type(service)},
        "subject": {**text, "format": "uuid"},
        "time": {**text, "format": "date-time"},
        "sequence": {"type": "integer", "minimum": 1},
        "streamversion": {"type": "integer", "minimum": 1},
        "epoch": {"type": "integer", "minimum": 1, "default": 1},
        "correlationid": text,
        "causationid": text,
        "traceparent": text,
        "dataschema": text,
        "datacontenttype": {"const": "application/json"},
        "data": event.model.model_json_schema(),
    }
    needed = ["specversion", "id", "source", "type", "subject", "time", "sequence", "data"]
    return {"type": "object", "properties": properties, "required": needed}


def example_envelope(event: PublicEvent[Any, Any], service: str, data: dict[str, Any]) -> dict[str, Any]:
    """An example with fixed ids and time, so that generated documents do not change by themselves."""
    return {
        "specversion": "1.0",
        "id": "01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c01",
        "source": f"portal/{service}",
        "type": event.type(service),
        "subject": "01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c02",
        "time": "2026-11-22T09:30:00Z",
        "sequence": 42,
        "streamversion": 1,
        "correlationid": "01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c03",
        "dataschema": f"urn:portal:schema:{event.type(service)}",
        "datacontenttype": "application/json",
        "data": data,
    }
