/*
 * Spans in JSON. Where OTLP's mapping differs from that of Protocol Buffers: ids are
 * in hexadecimal digits. Numbers of 64 bits are strings, enumerations are numbers.
 */
#include "traces/span.h"

#include <string.h>

#include "base/event.h"

#define STATUS_ERROR 2

static void write_text(struct buffer *out, const char *text)
{
	buffer_append(out, slice_make(text, strlen(text)));
}

static void write_hex(struct buffer *out, const unsigned char *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char *at = buffer_reserve(out, 2 * size + 2), *begin = at;

	*at++ = '"';
	for (size_t i = 0; i < size; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	*at++ = '"';
	buffer_advance(out, (size_t)(at - begin));
}

static void write_id(struct buffer *out, uint64_t id)
{
	unsigned char bytes[8];

	for (size_t i = sizeof(bytes); i-- > 0; id >>= 8)
		bytes[i] = (unsigned char)id;
	write_hex(out, bytes, sizeof(bytes));
}

static void write_trace(struct buffer *out, const struct trace *trace)
{
	write_hex(out, trace->id, TRACE_ID_SIZE);
}

/* As a string. */
static void write_number(struct buffer *out, int64_t number)
{
	if (number < 0)
		buffer_append(out, SLICE("\"-"));
	else
		buffer_append_byte(out, '"');
	buffer_append_number(out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
	buffer_append_byte(out, '"');
}

static void write_time(struct buffer *out, int64_t us)
{
	buffer_append_byte(out, '"');
	buffer_append_number(out, (uint64_t)us);
	buffer_append(out, SLICE("000\""));
}

static void write_attribute(struct buffer *out, const struct span_attribute *attribute)
{
	buffer_append(out, SLICE("{\"key\":\""));
	write_text(out, attribute->name);
	switch (attribute->type) {
	case SPAN_TEXT:
		buffer_append(out, SLICE("\",\"value\":{\"stringValue\":"));
		event_quote(out, slice_part(attribute->text, 0, SPAN_TEXT_MAX));
		break;
	case SPAN_NUMBER:
		buffer_append(out, SLICE("\",\"value\":{\"intValue\":"));
		write_number(out, attribute->number);
		break;
	case SPAN_TRUTH:
		buffer_append(out, SLICE("\",\"value\":{\"boolValue\":true"));
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
	buffer_append(out, SLICE(",\"name\":\""));
	write_text(out, span->name);
	buffer_append(out, SLICE("\",\"kind\":"));
	buffer_append_number(out, span->kind);
	buffer_append(out, SLICE(",\"startTimeUnixNano\":"));
	write_time(out, span->began_us);
	buffer_append(out, SLICE(",\"endTimeUnixNano\":"));
	write_time(out, ended_us);
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
