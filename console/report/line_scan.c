/* Bytes looked through for lines that have something in them. */
#include "report/line_scan.h"

#include <string.h>

/* All of TEXT, which ends with a line. The end of what was taken. */
static const char *visit_lines(struct line_scan *scan, struct slice text)
{
	const char *behind = text.at + text.size;

	while (text.size) {
		const char *hit = memmem(
			text.at, text.size, scan->wanted.at, scan->wanted.size);
		const char *start = hit, *end;

		if (!hit)
			break;
		while (start > text.at && start[-1] != '\n')
			start--;
		end = memchr(hit, '\n', text.size - (size_t)(hit - text.at));
		if (!end)
			break;
		if (!scan->visit(
			    scan->context, slice_make(start, (size_t)(end - start))))
			return start;
		text = slice_from(text, (size_t)(end + 1 - text.at));
	}
	return behind;
}

static void consume(struct line_scan *scan, size_t size)
{
	buffer_consume(&scan->part, size);
	scan->offset += size;
}

bool line_scan_run(struct line_scan *scan)
{
	struct slice text = buffer_contents(&scan->part), lines;
	const char *last = text.size ? memrchr(text.at, '\n', text.size) : NULL;
	const char *done;

	if (!last && text.size >= LINE_SCAN_MAX) { /* it is no line of ours */
		consume(scan, text.size);
		scan->passes = true;
	}
	if (!last)
		return true;
	lines = slice_part(text, 0, (size_t)(last + 1 - text.at));
	if (scan->passes)
		slice_cut(&lines, '\n');
	scan->passes = false;
	done = lines.size && scan->wanted.size ? visit_lines(scan, lines) : last + 1;
	consume(scan, (size_t)(done - text.at));
	return done > last;
}

void line_scan_move(struct line_scan *scan, uint64_t offset)
{
	buffer_clear(&scan->part);
	scan->offset = offset;
	scan->passes = false;
}

void line_scan_finish(struct line_scan *scan)
{
	buffer_finish(&scan->part);
}
