"""Classes, dictionaries, strings, big integers, regular expressions and JSON."""
import json
import re
import zlib


class Tree:
    def __init__(self, depth):
        self.left = Tree(depth - 1) if depth else None
        self.right = Tree(depth - 1) if depth else None

    def count(self):
        return 1 + (self.left.count() + self.right.count() if self.left else 0)


print("tree", Tree(16).count())

sieve = bytearray([1]) * 2000000
for i in range(2, 1415):
    if sieve[i]:
        for j in range(i * i, 2000000, i):
            sieve[j] = 0
print("primes", sum(sieve) - 2)

counts, seed = {}, 42
for _ in range(600000):
    seed = (seed * 1103515245 + 12345) % 2147483648
    key = f"k{seed % 5000}"
    counts[key] = counts.get(key, 0) + 1
print("keys", len(counts), max(counts.items(), key=lambda item: (item[1], item[0])))

power = 3**50000
print("power", power % 1000003, power.bit_length())

text = "the quick brown fox jumps over the lazy dog, 12345; " * 12000
print("found", len(re.findall(r"\b[a-z]+o[a-z]*\b", text)), len(re.sub(r"\d+", "#", text)))

data = [{"name": f"item {i}", "value": i * 0.5, "tags": ["a", "b", str(i)]} for i in range(40000)]
encoded = json.dumps(data)
print("json", len(encoded), json.loads(encoded) == data, zlib.crc32(encoded.encode()))
