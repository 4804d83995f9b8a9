/* What the sink keeps of a message as it streams past. */
#include "bench/content.h"

#include <string.h>

#include "base/crc32c.h"

static struct slice add_header(struct content *content, struct slice bytes);
static void keep_line(struct content *content, struct slice part);
static void note_line(struct content *content, struct slice line);

void content_begin(struct content *content, size_t keep, bool sum)
{
	content->size = content->body_size = 0;
	content->body_crc = 0;
	content->id_size = content->line_size = 0;
	content->signatures = 0;
	content->in_body = content->cut = false;
	content->sum = sum;
	content->keep = keep > 0;
	content->whole.limit = keep;
	buffer_clear(&content->whole);
}

void content_add(struct content *content, struct slice bytes)
{
	content->size += bytes.size;
	if (content->keep && !content->cut)
		content->cut = !buffer_append(&content->whole, bytes);
	if (!content->in_body)
		bytes = add_header(content, bytes);
	if (bytes.size == 0)
		return;
	content->body_size += bytes.size;
	if (content->sum)
		content->body_crc = crc32c(content->body_crc, bytes);
}

void content_finish(struct content *content)
{
	buffer_finish(&content->whole);
}

/* Returns what lies behind the header. */
static struct slice add_header(struct content *content, struct slice bytes)
{
	while (bytes.size) {
		size_t end = slice_index(bytes, '\n');
		struct slice line = slice_part(bytes, 0, end);

		if (end == bytes.size) {
			keep_line(content, line);
			return SLICE_EMPTY;
		}
		bytes = slice_from(bytes, end + 1);
		if (content->line_size) {
			keep_line(content, line);
			line = slice_make(content->line, content->line_size);
			content->line_size = 0;
		}
		if (line.size == 0 || (line.size == 1 && *line.at == '\r')) {
			content->in_body = true;
			return bytes;
		}
		note_line(content, line);
	}
	return SLICE_EMPTY;
}

static void keep_line(struct content *content, struct slice part)
{
	part = slice_part(part, 0, CONTENT_LINE_MAX - content->line_size);
	if (part.size)
		memcpy(content->line + content->line_size, part.at, part.size);
	content->line_size += part.size;
}

static void note_line(struct content *content, struct slice line)
{
	struct slice value = line, name;

	if ((*line.at | 0x20) != 'x' && (*line.at | 0x20) != 'd')
		return;
	name = slice_cut(&value, ':');
	if (slice_equal_nocase(name, SLICE("DKIM-Signature"))) {
		content->signatures++;
	} else if (slice_equal_nocase(name, SLICE("X-Ledger-Id")) &&
		   content->id_size == 0) {
		value = slice_part(slice_trim_all(value), 0, CONTENT_ID_MAX);
		memcpy(content->id, value.at, value.size);
		content->id_size = value.size;
	}
}
