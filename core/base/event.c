/* Events: JSON lines in this thread's pending text, and where they go. */
#include "base/event.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/escape.h"

#define PENDING_BYTES_MAX (4 * 1024 * 1024)
#define TAIL		  ",\"cut\":true}\n"
#define TAIL_SIZE	  (sizeof(TAIL) - 1)
#define NUMBER_SIZE	  24

static int threshold = EVENT_INFO;
static int descriptor = STDERR_FILENO;
static _Atomic uint64_t dropped_total;

static _Thread_local struct {
	struct buffer lines; /* complete lines, then the one being built */
	char *at, *stop;     /* next byte of that one; TAIL fits behind stop */
	uint64_t dropped;
	bool deferred, known; /* known: flushed and freed when the thread ends */
} pending;

static pthread_key_t end_key;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;

/* What cannot be written now stays for the next time, up to the cap. */
static void write_pending(void)
{
	while (buffer_size(&pending.lines)) {
		struct slice lines = buffer_contents(&pending.lines);
		ssize_t written = write(event_descriptor(), lines.at, lines.size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		buffer_consume(&pending.lines, (size_t)written);
	}
}

static void at_thread_end(void *unused)
{
	write_pending();
	buffer_finish(&pending.lines);
}

static void make_end_key(void)
{
	pthread_key_create(&end_key, at_thread_end);
}

static void meet_thread(void)
{
	pthread_once(&end_once, make_end_key);
	pthread_setspecific(end_key, &pending);
	pending.known = true;
}

static void put(const char *bytes, size_t size)
{
	pending.at = mempcpy(pending.at, bytes, size);
}

static void put_byte(char byte)
{
	*pending.at++ = byte;
}

static size_t room(void)
{
	return (size_t)(pending.stop - pending.at);
}

/* ,"FIELD": when SIZE more fit behind it; else the field is left out. */
static bool put_field(struct event *event, const char *field, size_t size)
{
	size_t length = strlen(field);

	if (!event->wanted)
		return false;
	assert(event->start == buffer_size(&pending.lines));
	if (room() < length + 4 || room() - length - 4 < size) {
		event->cut = true;
		return false;
	}
	put(",\"", 2);
	put(field, length);
	put("\":", 2);
	return true;
}

/* The caller has made sure of room for the two quotes. */
static void put_string(struct event *event, struct slice value)
{
	put_byte('"');
	pending.at += escape_json(&value, pending.at, room() - 1);
	put_byte('"');
	if (value.size)
		event->cut = true;
}

static void put_time(void)
{
	char text[CLOCK_TEXT_SIZE];
	struct slice at = clock_format_iso(clock_wall_ms(), text);

	put("{\"at\":\"", 7);
	put(at.at, at.size);
	put_byte('"');
}

void event_begin(struct event *event, enum event_level level, const char *name)
{
	static const char *const levels[] = {"debug", "info", "warning", "error"};
	size_t size;

	*event = (struct event){0};
	if ((int)level < __atomic_load_n(&threshold, __ATOMIC_RELAXED))
		return;
	if (!pending.known)
		meet_thread();
	size = buffer_size(&pending.lines);
	if (size > PENDING_BYTES_MAX - EVENT_BYTES_MAX) {
		pending.dropped++;
		atomic_fetch_add_explicit(&dropped_total, 1, memory_order_relaxed);
		return;
	}
	event->wanted = true;
	event->start = size;
	pending.at = buffer_reserve(&pending.lines, EVENT_BYTES_MAX);
	pending.stop = pending.at + EVENT_BYTES_MAX - TAIL_SIZE;
	put_time();
	event_text(event, "level", slice_of(levels[level]));
	event_text(event, "event", slice_of(name));
	if (pending.dropped) {
		event_number(event, "dropped", (int64_t)pending.dropped);
		pending.dropped = 0;
	}
}

void event_text(struct event *event, const char *field, struct slice value)
{
	if (put_field(event, field, 2))
		put_string(event, value);
}

/* The digits of VALUE at the end of TEXT; returns where they begin. */
static char *digits_of(uint64_t value, unsigned least, char *end)
{
	char *at = end;

	while (value || at > end - least) {
		*--at = (char)('0' + value % 10);
		value /= 10;
	}
	return at;
}

static uint64_t size_of_number(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

void event_number(struct event *event, const char *field, int64_t value)
{
	char text[NUMBER_SIZE], *end = text + NUMBER_SIZE;
	char *at = digits_of(size_of_number(value), 1, end);

	if (value < 0)
		*--at = '-';
	if (put_field(event, field, (size_t)(end - at)))
		put(at, (size_t)(end - at));
}

void event_seconds(struct event *event, const char *field, int64_t us)
{
	char text[NUMBER_SIZE], *end = text + NUMBER_SIZE;
	uint64_t ms = (size_of_number(us) + 500) / 1000;
	char *at = digits_of(ms % 1000, 3, end);

	*--at = '.';
	at = digits_of(ms / 1000, 1, at);
	if (us < 0 && ms)
		*--at = '-';
	if (put_field(event, field, (size_t)(end - at)))
		put(at, (size_t)(end - at));
}

void event_truth(struct event *event, const char *field, bool value)
{
	event_raw(event, field, value ? SLICE("true") : SLICE("false"));
}

void event_texts(struct event *event, const char *field, const struct slice *values,
	size_t count)
{
	if (!put_field(event, field, 2))
		return;
	pending.stop--; /* for the closing bracket */
	put_byte('[');
	for (size_t i = 0; i < count; i++) {
		if (room() < 3) {
			event->cut = true;
			break;
		}
		if (i)
			put_byte(',');
		put_string(event, values[i]);
	}
	pending.stop++;
	put_byte(']');
}

void event_raw(struct event *event, const char *field, struct slice json)
{
	if (put_field(event, field, json.size) && json.size)
		put(json.at, json.size);
}

void event_end(struct event *event)
{
	if (!event->wanted)
		return;
	assert(event->start == buffer_size(&pending.lines));
	event->wanted = false;
	if (event->cut)
		put(TAIL, TAIL_SIZE);
	else
		put("}\n", 2);
	buffer_advance(&pending.lines,
		(size_t)(pending.at - (pending.lines.bytes + pending.lines.end)));
	if (!pending.deferred)
		write_pending();
}

/* The text is capped at 511 bytes, because it is formatted on the stack. */
void event_note(enum event_level level, const char *name, const char *format, ...)
{
	char text[512];
	struct event event;
	va_list list;
	int length;

	event_begin(&event, level, name);
	if (!event.wanted)
		return;
	va_start(list, format);
	length = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	event_text(&event, "message", slice_of(length < 0 ? format : text));
	event.cut = event.cut || length >= (int)sizeof(text);
	event_end(&event);
}

void event_set_level(enum event_level level)
{
	__atomic_store_n(&threshold, (int)level, __ATOMIC_RELAXED);
}

void event_defer(bool deferred)
{
	pending.deferred = deferred;
	if (!deferred)
		write_pending();
}

struct slice event_pending(void)
{
	return buffer_contents(&pending.lines);
}

uint64_t event_dropped(void)
{
	return atomic_load_explicit(&dropped_total, memory_order_relaxed);
}

void event_forget(size_t size)
{
	buffer_consume(&pending.lines, size);
}

void event_set_descriptor(int fd)
{
	__atomic_store_n(&descriptor, fd, __ATOMIC_RELAXED);
}

int event_descriptor(void)
{
	return __atomic_load_n(&descriptor, __ATOMIC_RELAXED);
}

bool event_quote(struct buffer *buffer, struct slice value)
{
	size_t before = buffer_size(buffer);
	bool fits = buffer_append_byte(buffer, '"');

	while (fits && value.size) {
		char piece[256];
		size_t size = escape_json(&value, piece, sizeof(piece));

		fits = buffer_append(buffer, slice_make(piece, size));
	}
	fits = fits && buffer_append_byte(buffer, '"');
	if (!fits)
		buffer_truncate(buffer, before);
	return fits;
}
