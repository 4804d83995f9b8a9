#!lua name=ringpost_limits_1
-- Limits that several nodes share: each node has a part of each limit it uses,
-- for some seconds, and asks again before they are over.
--
-- KEYS: a hash for each limit, {rp:limits}:SCOPE:KEY
--   n:NODE  "until" and for connections, messages a second and new connections
--           a second each "held wanted before before_until"
--   b:N     of the bucket of tokens N "full", as in limit_bucket.c but in
--           microseconds, and for each node that has tokens "NODE least": how
--           far from full it has been at least since the node took them. So much
--           of them may come back: the rest has grown again.
-- ARGV: now (ms), the node, how long a part is its own (ms), then for each limit
-- numbers in a text:
--   three times: the limit, what the node keeps to now, what it has open, what
--   it wants
--   six times (messages, then new connections, a minute, an hour, a day): the
--   limit, tokens of the last time that come back, how many it wants
-- -> for each limit a text: three parts, then six times the tokens it gets and in
-- how many ms there may be one more.
--
-- What a node may still use counts as held, until the node itself says that it
-- keeps to less; messages of the last second count with it. So the sum of what
-- all hold is never more than the limit, and no window sees a part twice.

local SECOND = 1050 -- ms: and what clocks differ by

-- ms: length, what may leave at once, and how long tokens may be used
local PERIODS = {
	{60000, 1000, 1400}, {3600000, 112500, 1400}, {86400000, 2700000, 1400},
}

local function numbers(text)
	local list = {}
	for word in string.gmatch(text, '%S+') do
		list[#list + 1] = tonumber(word)
	end
	return list
end

local function text_of(number)
	return string.format('%.0f', number)
end

-- What a node may use of its KIND (1 to 3) at NOW.
local function held_by(record, kind, now)
	local at = 2 + (kind - 1) * 4
	if record[at + 3] > now then
		return math.max(record[at], record[at + 2])
	end
	return record[at]
end

-- The even part of MOST for the node that wants WANTED, beside OTHERS. Where
-- there are more nodes than places, they take turns of ten seconds.
local function even_part(most, wanted, node, others, kind, now)
	local list = {{node, wanted}}
	if wanted == 0 then
		return 0
	end
	for name, record in pairs(others) do
		local want = record[2 + (kind - 1) * 4 + 1]
		if want > 0 then
			list[#list + 1] = {name, want}
		end
	end
	table.sort(list, function(a, b)
		if a[2] ~= b[2] then
			return a[2] < b[2]
		end
		return a[1] < b[1]
	end)
	if most < #list then
		local first = math.floor(now / 10000) % #list
		for i = 0, most - 1 do
			if list[(first + i) % #list + 1][1] == node then
				return math.min(1, wanted)
			end
		end
		return 0
	end
	local left = most
	for i, one in ipairs(list) do
		local part = math.min(one[2], math.ceil(left / (#list - i + 1)))
		if one[1] == node then
			return part
		end
		left = left - part
	end
end

local function part_of(ask, at, kind, node, mine, others, now)
	local most, keeps, open, wanted = ask[at], ask[at + 1], ask[at + 2], ask[at + 3]
	local now_held, record = math.max(keeps, open), {0, wanted, 0, 0}
	local free, part = most, 0
	if most > 0 then
		for _, other in pairs(others) do
			free = free - held_by(other, kind, now)
		end
		part = even_part(most, wanted, node, others, kind, now)
		part = math.max(0, math.min(part, free))
		record[1] = math.max(part, now_held)
	end
	if mine and kind > 1 then
		local at = 2 + (kind - 1) * 4
		if mine[at] > record[1] then
			record[3], record[4] = held_by(mine, kind, now), now + SECOND
		elseif mine[at + 3] > now then
			record[3], record[4] = mine[at + 2], mine[at + 3]
		end
	end
	return part, record
end

-- "full", and for each live node how far from full it was at least.
local function read_bucket(key, field, node, others)
	local words, least = {}, {}
	for word in string.gmatch(redis.call('HGET', key, field) or '0', '%S+') do
		words[#words + 1] = word
	end
	for i = 2, #words - 1, 2 do
		if words[i] == node or others[words[i]] then
			least[words[i]] = tonumber(words[i + 1])
		end
	end
	return tonumber(words[1]), least
end

local function write_bucket(key, field, full, least)
	local words = {text_of(full)}
	for name, far in pairs(least) do
		words[#words + 1] = name
		words[#words + 1] = text_of(far)
	end
	redis.call('HSET', key, field, table.concat(words, ' '))
end

local function tokens_of(key, ask, at, number, now, node, others, nodes)
	local most, back, wanted = ask[at], ask[at + 1], ask[at + 2]
	if most == 0 then
		return 0, 0
	end
	local period = PERIODS[(number - 1) % 3 + 1]
	local field, now_us, slack = 'b:' .. number, now * 1000, period[2] * 1000
	local interval = math.ceil((period[1] + period[2] + period[3] + 100) * 1000 / most)
	local full, least = read_bucket(key, field, node, others)
	local returned = math.min(back * interval, least[node] or 0)
	least[node] = nil
	full = full - returned
	for name, far in pairs(least) do
		least[name] = math.max(0, far - returned)
	end
	local given, limit, before = 0, wanted, math.max(0, full - now_us)
	full = now_us + before
	if nodes > 1 then
		local level = math.floor((slack - before) / interval) + 1
		-- Some are left for who asks next.
		limit = math.min(wanted, math.max(1, math.ceil(level * 3 / 4)))
	end
	while given < limit and full <= now_us + slack do
		full, given = full + interval, given + 1
	end
	if given > 0 then
		for name, far in pairs(least) do
			least[name] = math.min(far, before)
		end
		least[node] = given * interval
	end
	write_bucket(key, field, full, least)
	return given, math.max(0, math.ceil((full - slack - now_us) / 1000))
end

-- The other nodes whose parts are their own still, and our record.
local function read(key, node, now)
	local all, others, mine, count = redis.call('HGETALL', key), {}, nil, 1
	for i = 1, #all, 2 do
		if string.sub(all[i], 1, 2) == 'n:' then
			local name, record = string.sub(all[i], 3), numbers(all[i + 1])
			if name == node then
				mine = record
			elseif record[1] > now then
				others[name] = record
				count = count + 1
			else
				redis.call('HDEL', key, all[i])
			end
		end
	end
	return others, mine, count
end

local function share(keys, argv)
	local now, node, lease = tonumber(argv[1]), argv[2], tonumber(argv[3])
	local replies = {}
	for i, key in ipairs(keys) do
		local ask = numbers(argv[3 + i])
		local others, mine, nodes = read(key, node, now)
		local reply, record, keep = {}, {text_of(now + lease)}, lease + SECOND
		for kind = 1, 3 do
			local part, held = part_of(
				ask, (kind - 1) * 4 + 1, kind, node, mine, others, now)
			reply[#reply + 1] = text_of(part)
			for j = 1, 4 do
				record[#record + 1] = text_of(held[j])
			end
		end
		for number = 1, 6 do
			local at = 12 + (number - 1) * 3 + 1
			local given, next = tokens_of(
				key, ask, at, number, now, node, others, nodes)
			reply[#reply + 1] = text_of(given)
			reply[#reply + 1] = text_of(next)
			if ask[at] > 0 then
				keep = math.max(keep, PERIODS[(number - 1) % 3 + 1][1] * 2)
			end
		end
		redis.call('HSET', key, 'n:' .. node, table.concat(record, ' '))
		redis.call('PEXPIRE', key, text_of(keep))
		replies[i] = table.concat(reply, ' ')
	end
	return replies
end

redis.register_function{
	function_name = 'ringpost_limits_1_share',
	callback = share,
	flags = {'allow-oom'},
}
