/*
 * Requests out of bytes. The parser of the library accepts more than RFC 9112
 * allows (bare LF, folded fields, odd names, trailers): what could be read in two
 * ways is refused here before or while it looks.
 */
#include "http/parse.h"

#include <http_parser.h>
#include <string.h>

#include "base/memory.h"

struct http_parse {
	http_parser parser;
	struct http_request *request; /* being filled */
	unsigned status;
	const char *why;
	bool in_head, done;
	char last[2]; /* bytes of the body that came before */
	bool (*take)(void *context, struct slice run);
	void *context;
	bool refused; /* by take */
};

struct http_parse *http_parse_create(void)
{
	return NEW(struct http_parse);
}

void http_parse_destroy(struct http_parse **parse)
{
	memory_free(*parse);
	*parse = NULL;
}

size_t http_head_end(struct slice bytes, size_t at)
{
	size_t from = at > 3 ? at - 3 : 0;
	size_t found = slice_find(slice_from(bytes, from), SLICE("\r\n\r\n"));

	return from + found < bytes.size ? from + found + 4 : 0;
}

static bool refuse(struct http_parse *parse, unsigned status, const char *why)
{
	if (!parse->status) {
		parse->status = status;
		parse->why = why;
	}
	return false;
}

/* RFC 9110 5.6.2 */
static bool is_token(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!ascii_is_alnum(text.at[i]) &&
			(!text.at[i] || !strchr("!#$%&'*+-.^_`|~", text.at[i])))
			return false;
	return text.size > 0;
}

/* Blanks and what can be seen; also bytes above ASCII (obs-text). */
static bool is_value(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (((unsigned char)text.at[i] < ' ' && text.at[i] != '\t') ||
			text.at[i] == 0x7f)
			return false;
	return true;
}

static bool check_version(struct http_parse *parse, struct slice line)
{
	size_t blank = slice_index_last(line, ' ');
	struct slice version = slice_from(line, blank + 1);

	if (blank == line.size || version.size != 8 ||
		!slice_starts(version, SLICE("HTTP/")) ||
		!ascii_is_digit(version.at[5]) || version.at[6] != '.' ||
		!ascii_is_digit(version.at[7]))
		return refuse(parse, 400, "The request line cannot be understood");
	if (version.at[5] != '1' || version.at[7] > '1')
		return refuse(parse, 505, "HTTP/1.1 and 1.0 are spoken here");
	parse->request->old = version.at[7] == '0';
	return true;
}

static bool add_field(struct http_parse *parse, struct slice line)
{
	struct http_request *request = parse->request;
	size_t colon = slice_index(line, ':');
	struct http_field field = {
		slice_part(line, 0, colon), slice_trim(slice_from(line, colon + 1))};

	if (colon == line.size || !is_token(field.name))
		return refuse(parse, 400, "A header field cannot be understood");
	if (!is_value(field.value))
		return refuse(parse, 400, "A header field has control characters");
	if (request->field_count == HTTP_FIELDS_MAX)
		return refuse(parse, 431, "Too many header fields");
	request->fields[request->field_count++] = field;
	return true;
}

/* Line by line, each ended by the CRLF that http_head_end looks for, too. */
static bool read_lines(struct http_parse *parse, struct slice head)
{
	bool first = true;

	while (head.size > 2) {
		size_t end = slice_find(head, SLICE("\r\n"));
		struct slice line = slice_part(head, 0, end);

		if (slice_index(line, '\r') < end || slice_index(line, '\n') < end)
			return refuse(parse, 400, "Lines end in CRLF");
		if (first ? !check_version(parse, line) : !add_field(parse, line))
			return false;
		first = false;
		head = slice_from(head, end + 2);
	}
	return !first || refuse(parse, 400, "There is no request");
}

/* RFC 9112 3.2: "/path?query", or with "http://host" in front, or "*". */
static bool read_target(struct http_parse *parse, struct slice line)
{
	struct http_request *request = parse->request;
	struct slice target;
	size_t scheme;

	request->method = slice_cut(&line, ' ');
	target = slice_part(line, 0, slice_index_last(line, ' '));
	for (size_t i = 0; i < target.size; i++)
		if (target.at[i] <= ' ' || target.at[i] == 0x7f || target.at[i] == '#')
			return refuse(parse, 400, "The target is not a URL's path");
	scheme = slice_starts_nocase(target, SLICE("http://"))	  ? 7
		 : slice_starts_nocase(target, SLICE("https://")) ? 8
								  : 0;
	if (scheme) {
		target = slice_from(target, scheme);
		target = slice_from(target, slice_index(target, '/'));
		if (!target.size)
			target = SLICE("/");
	}
	request->path = slice_cut(&target, '?');
	request->query = target;
	return true;
}

static size_t count_fields(const struct http_request *request, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < request->field_count; i++)
		count += slice_equal_nocase(request->fields[i].name, slice_of(name));
	return count;
}

static bool is_host(struct slice host)
{
	for (size_t i = 0; i < host.size; i++)
		if (!ascii_is_alnum(host.at[i]) &&
			(!host.at[i] || !strchr(".-_:[]%", host.at[i])))
			return false;
	return true;
}

/* What decides how long a request is, and whose it is, is said once. */
static bool check_fields(struct http_parse *parse)
{
	const struct http_request *request = parse->request;
	size_t hosts = count_fields(request, "Host");
	size_t lengths = count_fields(request, "Content-Length");
	size_t codings = count_fields(request, "Transfer-Encoding");

	if (hosts > 1 || (hosts == 0 && !request->old) ||
		!is_host(http_field(request, "Host")))
		return refuse(parse, 400, "One Host field is needed (RFC 9112 3.2)");
	if (lengths + codings > 1 || (codings && request->old))
		return refuse(parse, 400, "The body's length is said in two ways");
	if (codings && !slice_equal_nocase(http_field(request, "Transfer-Encoding"),
			       SLICE("chunked")))
		return refuse(parse, 501, "The only transfer coding here is chunked");
	return true;
}

static int on_field(http_parser *parser, const char *at, size_t size)
{
	const struct http_parse *parse = parser->data;

	return !parse->in_head; /* trailers */
}

static int on_head(http_parser *parser)
{
	parser->upgrade = 0; /* nothing else is spoken here */
	return 0;
}

static int on_body(http_parser *parser, const char *at, size_t size)
{
	struct http_parse *parse = parser->data;

	if (!parse->refused && !parse->take(parse->context, slice_make(at, size)))
		parse->refused = true;
	return parse->refused;
}

static int on_end(http_parser *parser)
{
	struct http_parse *parse = parser->data;

	parse->done = true;
	http_parser_pause(parser, 1);
	return 0;
}

static const http_parser_settings settings = {.on_header_field = on_field,
	.on_headers_complete = on_head,
	.on_body = on_body,
	.on_message_complete = on_end};

static unsigned status_of(const http_parser *parser)
{
	switch (HTTP_PARSER_ERRNO(parser)) {
	case HPE_OK:
	case HPE_PAUSED:
		return 0;
	case HPE_INVALID_METHOD:
		return 501;
	case HPE_HEADER_OVERFLOW:
		return 431;
	default:
		return 400;
	}
}

static void frame(struct http_parse *parse, struct http_framing *framing)
{
	const http_parser *parser = &parse->parser;
	const struct http_request *request = parse->request;
	bool sized = parser->flags & F_CONTENTLENGTH;

	*framing = (struct http_framing){
		.chunked = (parser->flags & F_CHUNKED) != 0,
		.has_body = !parse->done,
		.length = sized && !parse->done ? parser->content_length : 0,
		.keep_alive = http_should_keep_alive(parser),
		.expects = !request->old &&
			   slice_equal_nocase(http_field(request, "Expect"),
				   SLICE("100-continue")),
	};
}

unsigned http_parse_head(struct http_parse *parse, struct slice head,
	struct http_request *request_r, struct http_framing *framing_r,
	const char **why_r)
{
	http_parser *parser = &parse->parser;
	unsigned status;

	*parse = (struct http_parse){.request = request_r, .in_head = true};
	http_parser_init(parser, HTTP_REQUEST);
	parser->data = parse;
	if (read_lines(parse, head) &&
		read_target(parse, slice_part(head, 0, slice_index(head, '\r'))) &&
		check_fields(parse)) {
		http_parser_execute(parser, &settings, head.at, head.size);
		status = status_of(parser);
		if (status)
			refuse(parse, status,
				status == 501 ? "This method is not known here"
					      : http_errno_description(
							HTTP_PARSER_ERRNO(parser)));
	}
	parse->in_head = false;
	frame(parse, framing_r);
	*why_r = parse->why;
	return parse->status;
}

/* The body's last two bytes; those of chunks are the CRLF of an empty line. */
static void remember(struct http_parse *parse, struct slice used)
{
	for (size_t i = used.size > 2 ? used.size - 2 : 0; i < used.size; i++) {
		parse->last[0] = parse->last[1];
		parse->last[1] = used.at[i];
	}
}

enum http_body_state http_parse_body(struct http_parse *parse, struct slice bytes,
	size_t *used_r, bool (*take)(void *context, struct slice run), void *context)
{
	http_parser *parser = &parse->parser;

	parse->take = take;
	parse->context = context;
	*used_r = http_parser_execute(parser, &settings, bytes.at, bytes.size);
	remember(parse, slice_part(bytes, 0, *used_r));
	if (parse->refused)
		return HTTP_BODY_REFUSED;
	if (status_of(parser))
		return HTTP_BODY_BROKEN;
	if (!parse->done)
		return HTTP_BODY_MORE;
	if ((parser->flags & F_CHUNKED) && memcmp(parse->last, "\r\n", 2) != 0)
		return HTTP_BODY_BROKEN;
	return HTTP_BODY_DONE;
}
