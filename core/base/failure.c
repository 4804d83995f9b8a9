/* Failures: the current fiber's last failure, formatted and made printable. */
#include "base/failure.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct failure own;
static _Thread_local struct failure *used;

static struct failure *slot(void)
{
	return used ? used : &own;
}

static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* Through a copy, because the arguments may point into the current text. */
__attribute__((format(printf, 2, 0))) static void record(
	enum failure_kind kind, const char *format, va_list list)
{
	struct failure made = {.kind = kind};

	assert(kind != FAILURE_NONE);
	vsnprintf(made.text, sizeof(made.text), format, list);
	clean(made.text);
	*slot() = made;
}

/* Behind the text, as much as fits. */
static void append(struct failure *failure, const char *more)
{
	size_t size = strlen(failure->text);
	size_t added = strnlen(more, sizeof(failure->text) - 1 - size);

	memcpy(failure->text + size, more, added);
	failure->text[size + added] = '\0';
}

bool fail(enum failure_kind kind, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	record(kind, format, list);
	va_end(list);
	return false;
}

bool fail_errno(enum failure_kind kind, int error_number, const char *format, ...)
{
	char space[128];
	const char *reason = strerror_r(error_number, space, sizeof(space));
	va_list list;

	va_start(list, format);
	record(kind, format, list);
	va_end(list);
	append(slot(), ": ");
	append(slot(), reason);
	return false;
}

bool fail_in(const char *context)
{
	struct failure made = {.kind = slot()->kind};

	append(&made, context);
	append(&made, ": ");
	append(&made, slot()->text);
	clean(made.text);
	*slot() = made;
	return false;
}

bool fail_again(const struct failure *failure)
{
	if (failure != slot())
		*slot() = *failure;
	return false;
}

const struct failure *failure_last(void)
{
	return slot();
}

enum failure_kind failure_kind_last(void)
{
	return slot()->kind;
}

const char *failure_kind_name(enum failure_kind kind)
{
	static const char *const names[] = {
		[FAILURE_NONE] = "none",
		[FAILURE_TIMEOUT] = "timeout",
		[FAILURE_CANCELLED] = "cancelled",
		[FAILURE_CLOSED] = "closed",
		[FAILURE_NETWORK] = "network",
		[FAILURE_TLS] = "tls",
		[FAILURE_DNS] = "dns",
		[FAILURE_PROTOCOL] = "protocol",
		[FAILURE_LIMIT] = "limit",
		[FAILURE_STORE] = "store",
		[FAILURE_FENCED] = "fenced",
		[FAILURE_FILE] = "file",
		[FAILURE_CONFIG] = "config",
		[FAILURE_RESOURCE] = "resource",
		[FAILURE_DATA] = "data",
	};

	if ((size_t)kind >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[kind];
}

void failure_clear(void)
{
	slot()->kind = FAILURE_NONE;
	slot()->text[0] = '\0';
}

void failure_use_slot(struct failure *failure)
{
	used = failure;
}
