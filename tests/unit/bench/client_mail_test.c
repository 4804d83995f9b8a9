/* A client's messages: the same each time, told from what is not the same. */
#include "bench/client_mail.h"

#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

static struct client_mail mail;

static void prepare(void)
{
	mail.filler = filler_create();
	mail.seed = 3;
	CHECK(sizes_read(&mail.sizes, "1:3,900,4k:5,100k"));
}

static void finish(struct draft *draft, struct draft *scratch, struct content *content)
{
	draft_finish(draft);
	draft_finish(scratch);
	content_finish(content);
	sizes_finish(&mail.sizes);
	filler_destroy(&mail.filler);
}

static void read_back(const struct draft *draft, struct content *content, size_t cut)
{
	struct draft_reader reader = {.draft = draft};
	struct slice pieces[8];
	size_t count;

	content_begin(content, 0, true);
	while ((count = draft_read(&reader, pieces, ARRAY_COUNT(pieces))))
		for (size_t i = 0; i < count; i++)
			for (struct slice rest = pieces[i]; rest.size;
				rest = slice_from(rest, cut))
				content_add(content, slice_part(rest, 0, cut));
}

CASE("what was stored is found to be the same, however it comes")
{
	struct draft draft = {0}, scratch = {0};
	struct content content = {0};

	prepare();
	for (uint64_t number = 0; number < 3000; number += 37) {
		client_mail_make(&mail, number, false, &draft);
		read_back(&draft, &content, number % 97 + 1);
		CHECK(client_mail_judge(&mail, &content, &scratch) == CLIENT_MAIL_SAME);
	}
	finish(&draft, &scratch, &content);
}

CASE("what differs is told, and what is not ours")
{
	struct draft draft = {0}, scratch = {0};
	struct content content = {0};

	prepare();
	client_mail_make(&mail, 7, false, &draft);
	read_back(&draft, &content, 100);
	content_add(&content, SLICE("\r\n"));
	CHECK(client_mail_judge(&mail, &content, &scratch) == CLIENT_MAIL_OTHER);
	read_back(&draft, &content, 100);
	content.body_crc ^= 1;
	CHECK(client_mail_judge(&mail, &content, &scratch) == CLIENT_MAIL_OTHER);
	content_begin(&content, 0, true);
	content_add(&content, SLICE("Subject: x\r\n\r\nhello\r\n"));
	CHECK(client_mail_judge(&mail, &content, &scratch) == CLIENT_MAIL_FOREIGN);
	finish(&draft, &scratch, &content);
}

CASE("sizes by weight")
{
	static const char *const wrong[] = {"", "x", "4k,", "4k:0", "3g"};
	struct sizes sizes = {0};
	unsigned large = 0;

	CHECK(sizes_read(&sizes, "4k:9,64k"));
	for (uint64_t i = 0; i < 1000; i++)
		large += sizes_pick(&sizes, mix_scatter(5, i)) == 65536;
	CHECK(large > 60 && large < 140);
	sizes_finish(&sizes);
	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
		struct sizes none = {0};

		CHECK(!sizes_read(&none, wrong[i]));
		CHECK(failure_kind_last() == FAILURE_CONFIG);
		sizes_finish(&none);
	}
}

CHECK_MAIN()
