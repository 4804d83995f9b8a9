/* Columns that stand in line, and lines that end at a word's end. */
#include "report/words.h"

#include <string.h>

size_t words_width(struct slice text)
{
	size_t width = 0;

	for (size_t i = 0; i < text.size; i++)
		width += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return width;
}

void table_add(struct table *table, struct slice cell)
{
	for (size_t i = 0; i < cell.size; i++) {
		bool control = (unsigned char)cell.at[i] < ' ' || cell.at[i] == 0x7f;

		buffer_append_byte(&table->cells, control ? '?' : cell.at[i]);
	}
	buffer_append_byte(&table->cells, 0);
	table->count++;
}

void table_add_text(struct table *table, const char *cell)
{
	table_add(table, slice_of(cell));
}

static void measure(const struct table *table, size_t widths[TABLE_COLUMNS_MAX])
{
	struct slice rest = buffer_contents(&table->cells);

	memset(widths, 0, TABLE_COLUMNS_MAX * sizeof(*widths));
	for (size_t i = 0; i < table->count; i++) {
		size_t width = words_width(slice_cut(&rest, 0));

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
}

static void fill(struct buffer *into, size_t count)
{
	while (count--)
		buffer_append_byte(into, ' ');
}

void words_cut(struct slice cell, size_t width, struct buffer *into)
{
	size_t end = 0, taken = 0;

	if (words_width(cell) <= width) {
		buffer_append(into, cell);
		return;
	}
	while (end < cell.size &&
		(taken + 1 < width || ((unsigned char)cell.at[end] & 0xc0) == 0x80)) {
		taken += ((unsigned char)cell.at[end] & 0xc0) != 0x80;
		end++;
	}
	buffer_append(into, slice_part(cell, 0, end));
	buffer_append(into, SLICE("…"));
}

void table_print(const struct table *table, size_t width, struct buffer *into)
{
	size_t widths[TABLE_COLUMNS_MAX], used = 0;
	struct slice rest = buffer_contents(&table->cells);

	measure(table, widths);
	for (size_t i = 0; i + 1 < table->columns; i++)
		used += widths[i] + 2;
	for (size_t i = 0; i < table->count; i++) {
		size_t column = i % table->columns;
		struct slice cell = slice_cut(&rest, 0);
		size_t gap = widths[column] - words_width(cell);

		if (column + 1 < table->columns) {
			if (table->right[column])
				fill(into, gap);
			buffer_append(into, cell);
			fill(into, (table->right[column] ? 0 : gap) + 2);
			continue;
		}
		if (table->right[column])
			fill(into, gap);
		words_cut(cell, width > used + 8 ? width - used : SIZE_MAX, into);
		/* No blanks at line ends. */
		while (slice_ends(buffer_contents(into), SLICE(" ")))
			buffer_truncate(into, buffer_size(into) - 1);
		buffer_append_byte(into, '\n');
	}
}

void table_finish(struct table *table)
{
	buffer_finish(&table->cells);
	table->count = 0;
}

void words_wrap(struct slice text, size_t indent, size_t width, struct buffer *into)
{
	size_t used = 0;

	while (text.at) {
		struct slice word = slice_cut(&text, ' ');
		size_t size = words_width(word);

		if (!size)
			continue;
		if (used && used + 1 + size > width) {
			buffer_append_byte(into, '\n');
			used = 0;
		}
		if (!used) {
			fill(into, indent);
			used = indent;
		} else {
			buffer_append_byte(into, ' ');
			used++;
		}
		buffer_append(into, word);
		used += size;
	}
	buffer_append_byte(into, '\n');
}
