/* Messages made of pieces: sizes, lines, dots, and that sink and source agree. */
#include "bench/draft.h"

#include "base/buffer.h"
#include "base/crc32c.h"
#include "base/memory.h"
#include "bench/content.h"
#include "check.h"
#include "mail/dot.h"

static struct filler *filler;

static void gather(
	const struct draft *draft, bool dotted, size_t most, struct buffer *to)
{
	struct draft_reader reader = {.draft = draft, .dotted = dotted};
	struct slice pieces[8];
	size_t count;

	while ((count = draft_read(&reader, pieces, most)))
		for (size_t i = 0; i < count; i++)
			buffer_append(to, pieces[i]);
	CHECK(reader.ended);
}

static void make(struct draft *draft, uint64_t number, uint64_t size)
{
	draft_make(draft, filler,
		&(struct draft_facts){.id = SLICE("abcdefgh-42"),
			.from = SLICE("bench+abcdefgh-42@source.test"),
			.to = SLICE("user1@d1.test"),
			.date = SLICE("Sat, 21 Nov 2026 07:32:47 +0000"),
			.number = number,
			.size = size,
			.sum = true});
}

/* What a receiver finds: nothing to refuse, the same sum, the id. */
static void check_one(struct draft *draft, size_t most)
{
	struct buffer plain = {0}, dotted = {0};
	struct content content = {0};
	struct dot_decoder decoder;
	struct slice input, run;

	gather(draft, false, most, &plain);
	gather(draft, true, most, &dotted);
	CHECK_NUMBER(buffer_size(&plain), draft->size);
	content_begin(&content, 1 << 20, true);
	dot_decoder_init(&decoder, TEXT_LINE_MAX);
	input = buffer_contents(&dotted);
	while (dot_decode(&decoder, &input, &run))
		content_add(&content, run);
	CHECK(decoder.ended && input.size == 0 && decoder.facts.faults == 0);
	CHECK(slice_equal(buffer_contents(&content.whole), buffer_contents(&plain)));
	CHECK_NUMBER(content.body_size, draft->body_size);
	CHECK_NUMBER(content.body_crc, draft->body_crc);
	CHECK_SLICE(slice_make(content.id, content.id_size), "abcdefgh-42");
	content_finish(&content);
	buffer_finish(&plain);
	buffer_finish(&dotted);
}

CASE("every size comes out as asked, ends its lines, and survives its dots")
{
	struct draft draft = {0};
	uint64_t smallest;

	filler = filler_create();
	make(&draft, 0, 0);
	smallest = draft.size;
	CHECK(smallest < 500);
	check_one(&draft, 3);
	for (uint64_t size = smallest + 2; size < smallest + 400; size++) {
		make(&draft, size, size);
		CHECK_NUMBER(draft.size, size);
		check_one(&draft, 8);
	}
	draft_finish(&draft);
	filler_destroy(&filler);
}

CASE("dots begin lines, at whatever line a message begins")
{
	struct draft draft = {0};
	struct buffer plain = {0};

	filler = filler_create();
	for (uint64_t number = 0; number < 2100; number += 7) {
		make(&draft, number, 4096 + number);
		check_one(&draft, 3 + number % 6);
	}
	gather(&draft, false, 8, &plain);
	CHECK(slice_find(buffer_contents(&plain), SLICE("\r\n.")) <
		buffer_size(&plain));
	buffer_finish(&plain);
	draft_finish(&draft);
	filler_destroy(&filler);
}

CASE("larger than the filler: it goes round")
{
	struct draft draft = {0};

	filler = filler_create();
	for (uint64_t size = 79000; size < 700000; size += 76543) {
		make(&draft, size % 1024, size);
		CHECK_NUMBER(draft.size, size);
		check_one(&draft, 4);
	}
	draft_finish(&draft);
	filler_destroy(&filler);
}

CHECK_MAIN()
