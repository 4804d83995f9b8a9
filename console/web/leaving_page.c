/* The pages of who leaves a list: text of ours, one style, no script. */
#include "web/leaving.h"

/* Its hash stands in the policy below: `tests/live/unsubscribe.py` compares them. */
#define STYLE                                                                      \
	"body{font:1.1em/1.5 system-ui,sans-serif;max-width:34em;margin:3em auto;" \
	"padding:0 1em;color:#1a1a1a;background:#fff}"                             \
	"button{font:inherit;padding:.6em 1.2em;border:2px solid #1a1a1a;"         \
	"border-radius:.3em;background:#1a1a1a;color:#fff;cursor:pointer}"         \
	"button:focus{outline:3px solid #06c;outline-offset:2px}"                  \
	"b{overflow-wrap:anywhere}"                                                \
	"@media(prefers-color-scheme:dark){body{color:#eee;background:#111}"       \
	"button{color:#111;background:#eee;border-color:#eee}}"

const char web_leaving_policy[] =
	"default-src 'none'; style-src "
	"'sha256-YXE7gwy4lp39O/ulwuwPG5IwNjQmET9TgTqZFA49qak='; form-action 'self'; "
	"base-uri 'none'; frame-ancestors 'none'";

static void put_escaped(struct buffer *out, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		switch (text.at[i]) {
		case '&':
			buffer_append(out, SLICE("&amp;"));
			break;
		case '<':
			buffer_append(out, SLICE("&lt;"));
			break;
		case '>':
			buffer_append(out, SLICE("&gt;"));
			break;
		case '"':
			buffer_append(out, SLICE("&quot;"));
			break;
		case '\'':
			buffer_append(out, SLICE("&#39;"));
			break;
		default:
			buffer_append_byte(out, text.at[i]);
		}
	}
}

static void put_whose(
	const struct web_leaving_words *words, const char *verb, struct buffer *out)
{
	buffer_append(out, SLICE("<p>"));
	buffer_append(out, slice_of(verb));
	buffer_append(out, SLICE(" <b>"));
	put_escaped(out, words->recipient);
	buffer_append(out, SLICE("</b>"));
	if (words->list.size) {
		buffer_append(out, SLICE(" (list: <b>"));
		put_escaped(out, words->list);
		buffer_append(out, SLICE("</b>)"));
	}
	buffer_append(out, SLICE(".</p>\n"));
}

static const char *title_of(enum web_leaving_page page)
{
	switch (page) {
	case WEB_LEAVING_ASK:
		return "Unsubscribe";
	case WEB_LEAVING_DONE:
		return "You are unsubscribed";
	case WEB_LEAVING_LATER:
		return "Not done yet";
	case WEB_LEAVING_UNKNOWN:
		break;
	}
	return "This link does not work";
}

void web_leaving_write(enum web_leaving_page page,
	const struct web_leaving_words *words, struct buffer *out)
{
	const char *title = title_of(page);

	buffer_append_format(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
		"charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<meta name=\"robots\" content=\"noindex\">\n"
		"<title>%s</title>\n<style>" STYLE "</style>\n</head>\n<body>\n<main>\n"
		"<h1>%s</h1>\n",
		title, title);
	switch (page) {
	case WEB_LEAVING_ASK:
		put_whose(words, "No more of this mail will be sent to", out);
		buffer_append(out,
			SLICE("<form method=\"post\">\n<input type=\"hidden\" "
			      "name=\"List-Unsubscribe\" value=\"One-Click\">\n"
			      "<button type=\"submit\">Unsubscribe</button>\n"
			      "</form>\n<p>If you did not mean to, close this page: "
			      "nothing has changed.</p>\n"));
		break;
	case WEB_LEAVING_DONE:
		put_whose(words, "From now on none of this mail is sent to", out);
		buffer_append(out,
			SLICE("<p>What is on its way already may still arrive.</p>\n"));
		break;
	case WEB_LEAVING_LATER:
		buffer_append(out,
			SLICE("<p>It could not be written down just now. Please try "
			      "again in a minute.</p>\n"));
		break;
	case WEB_LEAVING_UNKNOWN:
		buffer_append(out, SLICE("<p>It is incomplete, or too old. Please take "
					 "the link of "
					 "a recent message, whole, or answer that "
					 "message.</p>\n"));
		break;
	}
	buffer_append(out, SLICE("<p><small>"));
	put_escaped(out, words->host);
	buffer_append(out, SLICE("</small></p>\n</main>\n</body>\n</html>\n"));
}
