/*
 * Spans in JSON. Where OTLP's mapping differs from that of Protocol Buffers: ids are
 * in hexadecimal digits. Numbers of 64 bits are strings, enumerations are numbers.
 */
#include "traces/span.h"

#include "base/encode.h"
#include "base/event.h"

#define STATUS_ERROR 2

static void write_id(struct buffer *out, uint64_t id)
{
	buffer_append_format(out, "\"%016llx\"", (unsigned long long)id);
}

static void write_trace(struct buffer *out, const struct trace *trace)
{
	char text[2 * TRACE_ID_SIZE];

	hex_encode(slice_make((const char *)trace->id, TRACE_ID_SIZE), text);
	buffer_append_format(out, "\"%.*s\"", 2 * TRACE_ID_SIZE, text);
}

static void write_attribute(struct buffer *out, const struct span_attribute *attribute)
{
	buffer_append_format(out, "{\"key\":\"%s\",\"value\":{", attribute->name);
	switch (attribute->type) {
	case SPAN_TEXT:
		buffer_append(out, SLICE("\"stringValue\":"));
		event_quote(out, slice_part(attribute->text, 0, SPAN_TEXT_MAX));
		break;
	case SPAN_NUMBER:
		buffer_append_format(
			out, "\"intValue\":\"%lld\"", (long long)attribute->number);
		break;
	case SPAN_TRUTH:
		buffer_append(out, SLICE("\"boolValue\":true"));
		break;
	}
	buffer_append(out, SLICE("}}"));
}

static void write_attributes(
	struct buffer *out, const struct span_attribute *attributes, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (!attributes[i].name)
			continue;
		buffer_append(out, any ? SLICE(",") : SLICE(",\"attributes\":["));
		write_attribute(out, &attributes[i]);
		any = true;
	}
	if (any)
		buffer_append_byte(out, ']');
}

static void write_link(struct buffer *out, struct slice message)
{
	struct trace trace = trace_of(message, SLICE_EMPTY);

	buffer_append(out, SLICE(",\"links\":[{\"traceId\":"));
	write_trace(out, &trace);
	buffer_append(out, SLICE(",\"spanId\":"));
	write_id(out, trace_root(message));
	buffer_append(out, SLICE("}]"));
}

void span_write(const struct span *span, struct buffer *out)
{
	int64_t ended_us = span->ended_us > span->began_us ? span->ended_us
							   : span->began_us;

	buffer_append(out, SLICE("{\"traceId\":"));
	write_trace(out, span->trace);
	buffer_append(out, SLICE(",\"spanId\":"));
	write_id(out, span->id);
	if (span->parent) {
		buffer_append(out, SLICE(",\"parentSpanId\":"));
		write_id(out, span->parent);
	}
	buffer_append_format(out,
		",\"name\":\"%s\",\"kind\":%d,\"startTimeUnixNano\":\"%lld000\","
		"\"endTimeUnixNano\":\"%lld000\"",
		span->name, (int)span->kind, (long long)span->began_us,
		(long long)ended_us);
	write_attributes(out, span->attributes, span->attribute_count);
	if (span->link.size)
		write_link(out, span->link);
	if (span->error)
		buffer_append_format(out,
			",\"status\":{\"code\":%d,\"message\":\"%s\"}", STATUS_ERROR,
			span->error);
	buffer_append_byte(out, '}');
}

void span_begin_batch(struct slice hostname, struct buffer *out)
{
	const struct span_attribute resource[] = {
		span_text("service.name", SLICE("ringpost")),
		span_text("service.version", SLICE(RINGPOST_VERSION)),
		span_text("service.instance.id", hostname),
		span_text("host.name", hostname),
	};

	/* write_attributes begins with a comma. */
	buffer_append(out, SLICE("{\"resourceSpans\":[{\"resource\":"
				 "{\"droppedAttributesCount\":0"));
	write_attributes(out, resource, sizeof(resource) / sizeof(*resource));
	buffer_append(out, SLICE("},\"scopeSpans\":[{\"scope\":{\"name\":\"ringpost\","
				 "\"version\":\"" RINGPOST_VERSION "\"},\"spans\":["));
}

void span_end_batch(struct buffer *out)
{
	buffer_append(out, SLICE("]}]}]}"));
}
