/* Handing a message in by the admin socket, or over HTTP; see send_door.h. */
#include "command/send_door.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/dns.h"
#include "io/fetch.h"

#include "client/client.h"
#include "client/errand.h"
#include "report/exit_status.h"

#define PIECE_BYTES 65536
#define ANSWER_MAX  (16u << 20)
#define ALL_MS	    300000
#define DNS_MS	    10000

/* ---- Files ---- */

static bool read_file(FILE *file, const char *path, struct buffer *bytes)
{
	size_t got = 1;

	bytes->limit = SEND_MESSAGE_MAX;
	while (got) {
		char *room = buffer_reserve(bytes, PIECE_BYTES);

		if (!room)
			return fail(FAILURE_LIMIT, "%s has more than %u MiB", path,
				SEND_MESSAGE_MAX >> 20);
		got = fread(room, 1, PIECE_BYTES, file);
		buffer_advance(bytes, got);
	}
	return !ferror(file) || fail_errno(FAILURE_FILE, errno, "cannot read %s", path);
}

bool send_read(const char *path, struct buffer *bytes)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "re");
	bool good;

	if (!file)
		return fail_errno(FAILURE_FILE, errno, "cannot open %s", path);
	good = read_file(file, standard ? "standard input" : path, bytes);
	if (!standard)
		fclose(file);
	return good;
}

void send_set_bytes(struct value *object, const char *name, struct slice bytes)
{
	char *text = memory_allocate(BASE64_SIZE(bytes.size) + 1);
	size_t size = base64_encode(bytes, text);

	value_set_text(object, name, slice_make(text, size));
	memory_free(text);
}

/* ---- The socket ---- */

static struct value *by_socket(
	const struct arguments *arguments, struct value **message)
{
	struct value *question = client_question("send"), *answer;

	value_set(question, "message", *message);
	*message = NULL;
	answer = client_ask_all(arguments, question, NULL);
	if (answer)
		value_remove(answer, "done");
	return answer;
}

/* ---- HTTP ---- */

struct posting {
	struct errand errand;
	struct buffer url, key, body;
	const char *ca_file;
	struct value *answer;
	unsigned status;
};

/* What the API answered, as the socket has it. */
static struct value *as_outcomes(struct value *answer, unsigned status)
{
	struct value *whole = value_object(), *list;

	if (status != 202 && value_count(value_get(answer, "errors"))) {
		value_set(whole, "errors", value_copy(value_get(answer, "errors")));
		value_release(&answer);
		return whole;
	}
	list = value_list();
	value_remove(answer, "title");
	value_append(list, answer);
	value_set(whole, "messages", list);
	return whole;
}

static void post(void *arg)
{
	static const struct dns_options system = {
		.timeout_ms = DNS_MS, .cache_entries = 10};
	struct posting *posting = arg;
	struct slice key = slice_trim_all(buffer_contents(&posting->key));
	struct arena arena = {0};
	struct slice headers[] = {SLICE("Content-Type: application/json"),
		arena_format(&arena, "Authorization: Bearer %.*s", SLICE_PRINT(key))};
	struct fetch_options options = {.url = buffer_contents(&posting->url),
		.body = buffer_contents(&posting->body),
		.headers = headers,
		.header_count = ARRAY_COUNT(headers),
		.size_max = ANSWER_MAX,
		.ca_file = posting->ca_file,
		.private_addresses = true,
		.plain = true,
		.dns = dns_create(&system)};
	struct fetch_response response;

	if (!options.dns ||
		!fetch(&options, &arena, &response, deadline_after_ms(ALL_MS)))
		errand_fail(&posting->errand);
	else if (!(posting->answer = value_parse(response.body)))
		errand_fail(&posting->errand);
	else
		posting->status = response.status;
	dns_destroy(&options.dns);
	memory_wipe((char *)headers[1].at, headers[1].size);
	arena_finish(&arena);
}

static struct value *by_http(const struct send_door *door, struct value **message)
{
	struct posting posting = {.ca_file = door->ca_file};
	struct slice url = slice_of(door->url);
	struct value *answer = NULL;

	while (slice_ends(url, SLICE("/")))
		url.size--;
	buffer_append_format(&posting.url, "%.*s/v1/messages", SLICE_PRINT(url));
	if (!fetch_start())
		return NULL;
	if (send_read(door->key_file, &posting.key) &&
		value_print(*message, &posting.body) &&
		errand_run(&posting.errand, post, &posting))
		answer = as_outcomes(posting.answer, posting.status);
	fetch_stop();
	memory_wipe(posting.key.bytes, posting.key.capacity);
	buffer_finish(&posting.key);
	buffer_finish(&posting.body);
	buffer_finish(&posting.url);
	return answer;
}

struct value *send_through(const struct send_door *door,
	const struct arguments *arguments, struct value **message)
{
	struct value *answer = door->url ? by_http(door, message)
					 : by_socket(arguments, message);

	value_release(message);
	return answer;
}

/* ---- What became of it ---- */

/* "/to/1" → "to/1". */
static void tell_errors(const struct value *errors)
{
	for (size_t i = 0; i < value_count(errors); i++) {
		const struct value *error = value_at(errors, i);
		struct slice pointer = value_get_text(error, "pointer");

		if (slice_starts(pointer, SLICE("/")))
			pointer = slice_from(pointer, 1);
		fprintf(stderr, "ringpost: %.*s%s%.*s\n", SLICE_PRINT(pointer),
			pointer.size ? ": " : "",
			SLICE_PRINT(value_get_text(error, "detail")));
	}
}

int send_tell(struct value **answer, enum send_telling telling)
{
	const struct value *errors = value_get(*answer, "errors");
	const struct value *outcome = value_at(value_get(*answer, "messages"), 0);
	struct slice id = value_get_text(outcome, "id");
	struct buffer text = {0};
	int status = EXIT_GOOD;

	if (telling == SEND_JSON) {
		value_print(*answer, &text);
		printf("%.*s\n", SLICE_PRINT(buffer_contents(&text)));
		buffer_finish(&text);
	} else if (id.size && telling == SEND_ID) {
		printf("%.*s\n", SLICE_PRINT(id));
	}
	tell_errors(errors);
	tell_errors(value_get(outcome, "refused"));
	if (!id.size) {
		if (!errors)
			fprintf(stderr, "ringpost: %.*s\n",
				SLICE_PRINT(value_get_text(outcome, "detail")));
		status = value_get_number(outcome, "status") >= 500 ||
					 value_get_number(outcome, "status") == 429
				 ? EXIT_LATER
				 : EXIT_FAILED;
	}
	value_release(answer);
	return status;
}
