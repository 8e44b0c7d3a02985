var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __commonJS = (cb, mod) => function __require() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __copyProps = (to2, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to2, key) && key !== except)
        __defProp(to2, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to2;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));

// node_modules/.pnpm/parsimmon@1.18.1/node_modules/parsimmon/src/parsimmon.js
var require_parsimmon = __commonJS({
  "node_modules/.pnpm/parsimmon@1.18.1/node_modules/parsimmon/src/parsimmon.js"(exports, module) {
    "use strict";
    function Parsimmon(action) {
      if (!(this instanceof Parsimmon)) {
        return new Parsimmon(action);
      }
      this._ = action;
    }
    var _ = Parsimmon.prototype;
    function times(n, f) {
      var i = 0;
      for (i; i < n; i++) {
        f(i);
      }
    }
    function forEach(f, arr) {
      times(arr.length, function(i) {
        f(arr[i], i, arr);
      });
    }
    function reduce(f, seed, arr) {
      forEach(function(elem, i, arr2) {
        seed = f(seed, elem, i, arr2);
      }, arr);
      return seed;
    }
    function map(f, arr) {
      return reduce(
        function(acc, elem, i, a) {
          return acc.concat([f(elem, i, a)]);
        },
        [],
        arr
      );
    }
    function lshiftBuffer(input) {
      var asTwoBytes = reduce(
        function(a, v, i, b) {
          return a.concat(
            i === b.length - 1 ? Buffer.from([v, 0]).readUInt16BE(0) : b.readUInt16BE(i)
          );
        },
        [],
        input
      );
      return Buffer.from(
        map(function(x) {
          return (x << 1 & 65535) >> 8;
        }, asTwoBytes)
      );
    }
    function consumeBitsFromBuffer(n, input) {
      var state = { v: 0, buf: input };
      times(n, function() {
        state = {
          v: state.v << 1 | bitPeekBuffer(state.buf),
          buf: lshiftBuffer(state.buf)
        };
      });
      return state;
    }
    function bitPeekBuffer(input) {
      return input[0] >> 7;
    }
    function sum(numArr) {
      return reduce(
        function(x, y) {
          return x + y;
        },
        0,
        numArr
      );
    }
    function find(pred, arr) {
      return reduce(
        function(found, elem) {
          return found || (pred(elem) ? elem : found);
        },
        null,
        arr
      );
    }
    function bufferExists() {
      return typeof Buffer !== "undefined";
    }
    function setExists() {
      if (Parsimmon._supportsSet !== void 0) {
        return Parsimmon._supportsSet;
      }
      var exists = typeof Set !== "undefined";
      Parsimmon._supportsSet = exists;
      return exists;
    }
    function ensureBuffer() {
      if (!bufferExists()) {
        throw new Error(
          "Buffer global does not exist; please use webpack if you need to parse Buffers in the browser."
        );
      }
    }
    function bitSeq(alignments) {
      ensureBuffer();
      var totalBits = sum(alignments);
      if (totalBits % 8 !== 0) {
        throw new Error(
          "The bits [" + alignments.join(", ") + "] add up to " + totalBits + " which is not an even number of bytes; the total should be divisible by 8"
        );
      }
      var bytes = totalBits / 8;
      var tooBigRange = find(function(x) {
        return x > 48;
      }, alignments);
      if (tooBigRange) {
        throw new Error(
          tooBigRange + " bit range requested exceeds 48 bit (6 byte) Number max."
        );
      }
      return new Parsimmon(function(input, i) {
        var newPos = bytes + i;
        if (newPos > input.length) {
          return makeFailure(i, bytes.toString() + " bytes");
        }
        return makeSuccess(
          newPos,
          reduce(
            function(acc, bits) {
              var state = consumeBitsFromBuffer(bits, acc.buf);
              return {
                coll: acc.coll.concat(state.v),
                buf: state.buf
              };
            },
            { coll: [], buf: input.slice(i, newPos) },
            alignments
          ).coll
        );
      });
    }
    function bitSeqObj(namedAlignments) {
      ensureBuffer();
      var seenKeys = {};
      var totalKeys = 0;
      var fullAlignments = map(function(item) {
        if (isArray(item)) {
          var pair = item;
          if (pair.length !== 2) {
            throw new Error(
              "[" + pair.join(", ") + "] should be length 2, got length " + pair.length
            );
          }
          assertString(pair[0]);
          assertNumber(pair[1]);
          if (Object.prototype.hasOwnProperty.call(seenKeys, pair[0])) {
            throw new Error("duplicate key in bitSeqObj: " + pair[0]);
          }
          seenKeys[pair[0]] = true;
          totalKeys++;
          return pair;
        } else {
          assertNumber(item);
          return [null, item];
        }
      }, namedAlignments);
      if (totalKeys < 1) {
        throw new Error(
          "bitSeqObj expects at least one named pair, got [" + namedAlignments.join(", ") + "]"
        );
      }
      var namesOnly = map(function(pair) {
        return pair[0];
      }, fullAlignments);
      var alignmentsOnly = map(function(pair) {
        return pair[1];
      }, fullAlignments);
      return bitSeq(alignmentsOnly).map(function(parsed) {
        var namedParsed = map(function(name, i) {
          return [name, parsed[i]];
        }, namesOnly);
        return reduce(
          function(obj, kv) {
            if (kv[0] !== null) {
              obj[kv[0]] = kv[1];
            }
            return obj;
          },
          {},
          namedParsed
        );
      });
    }
    function parseBufferFor(other, length) {
      return new Parsimmon(function(input, i) {
        ensureBuffer();
        if (i + length > input.length) {
          return makeFailure(i, length + " bytes for " + other);
        }
        return makeSuccess(i + length, input.slice(i, i + length));
      });
    }
    function parseBuffer(length) {
      return parseBufferFor("buffer", length).map(function(unsafe) {
        return Buffer.from(unsafe);
      });
    }
    function encodedString(encoding, length) {
      return parseBufferFor("string", length).map(function(buff) {
        return buff.toString(encoding);
      });
    }
    function isInteger(value) {
      return typeof value === "number" && Math.floor(value) === value;
    }
    function assertValidIntegerByteLengthFor(who, length) {
      if (!isInteger(length) || length < 0 || length > 6) {
        throw new Error(who + " requires integer length in range [0, 6].");
      }
    }
    function uintBE(length) {
      assertValidIntegerByteLengthFor("uintBE", length);
      return parseBufferFor("uintBE(" + length + ")", length).map(function(buff) {
        return buff.readUIntBE(0, length);
      });
    }
    function uintLE(length) {
      assertValidIntegerByteLengthFor("uintLE", length);
      return parseBufferFor("uintLE(" + length + ")", length).map(function(buff) {
        return buff.readUIntLE(0, length);
      });
    }
    function intBE(length) {
      assertValidIntegerByteLengthFor("intBE", length);
      return parseBufferFor("intBE(" + length + ")", length).map(function(buff) {
        return buff.readIntBE(0, length);
      });
    }
    function intLE(length) {
      assertValidIntegerByteLengthFor("intLE", length);
      return parseBufferFor("intLE(" + length + ")", length).map(function(buff) {
        return buff.readIntLE(0, length);
      });
    }
    function floatBE() {
      return parseBufferFor("floatBE", 4).map(function(buff) {
        return buff.readFloatBE(0);
      });
    }
    function floatLE() {
      return parseBufferFor("floatLE", 4).map(function(buff) {
        return buff.readFloatLE(0);
      });
    }
    function doubleBE() {
      return parseBufferFor("doubleBE", 8).map(function(buff) {
        return buff.readDoubleBE(0);
      });
    }
    function doubleLE() {
      return parseBufferFor("doubleLE", 8).map(function(buff) {
        return buff.readDoubleLE(0);
      });
    }
    function toArray(arrLike) {
      return Array.prototype.slice.call(arrLike);
    }
    function isParser(obj) {
      return obj instanceof Parsimmon;
    }
    function isArray(x) {
      return {}.toString.call(x) === "[object Array]";
    }
    function isBuffer(x) {
      return bufferExists() && Buffer.isBuffer(x);
    }
    function makeSuccess(index2, value) {
      return {
        status: true,
        index: index2,
        value,
        furthest: -1,
        expected: []
      };
    }
    function makeFailure(index2, expected) {
      if (!isArray(expected)) {
        expected = [expected];
      }
      return {
        status: false,
        index: -1,
        value: null,
        furthest: index2,
        expected
      };
    }
    function mergeReplies(result, last) {
      if (!last) {
        return result;
      }
      if (result.furthest > last.furthest) {
        return result;
      }
      var expected = result.furthest === last.furthest ? union(result.expected, last.expected) : last.expected;
      return {
        status: result.status,
        index: result.index,
        value: result.value,
        furthest: last.furthest,
        expected
      };
    }
    var lineColumnIndex = {};
    function makeLineColumnIndex(input, i) {
      if (isBuffer(input)) {
        return {
          offset: i,
          line: -1,
          column: -1
        };
      }
      if (!(input in lineColumnIndex)) {
        lineColumnIndex[input] = {};
      }
      var inputIndex = lineColumnIndex[input];
      var prevLine = 0;
      var newLines = 0;
      var lineStart = 0;
      var j = i;
      while (j >= 0) {
        if (j in inputIndex) {
          prevLine = inputIndex[j].line;
          if (lineStart === 0) {
            lineStart = inputIndex[j].lineStart;
          }
          break;
        }
        if (
          // Unix LF (\n) or Windows CRLF (\r\n) line ending
          input.charAt(j) === "\n" || // Old Mac CR (\r) line ending
          input.charAt(j) === "\r" && input.charAt(j + 1) !== "\n"
        ) {
          newLines++;
          if (lineStart === 0) {
            lineStart = j + 1;
          }
        }
        j--;
      }
      var lineWeAreUpTo = prevLine + newLines;
      var columnWeAreUpTo = i - lineStart;
      inputIndex[i] = { line: lineWeAreUpTo, lineStart };
      return {
        offset: i,
        line: lineWeAreUpTo + 1,
        column: columnWeAreUpTo + 1
      };
    }
    function union(xs, ys) {
      if (setExists() && Array.from) {
        var set = new Set(xs);
        for (var y = 0; y < ys.length; y++) {
          set.add(ys[y]);
        }
        var arr = Array.from(set);
        arr.sort();
        return arr;
      }
      var obj = {};
      for (var i = 0; i < xs.length; i++) {
        obj[xs[i]] = true;
      }
      for (var j = 0; j < ys.length; j++) {
        obj[ys[j]] = true;
      }
      var keys = [];
      for (var k in obj) {
        if ({}.hasOwnProperty.call(obj, k)) {
          keys.push(k);
        }
      }
      keys.sort();
      return keys;
    }
    function assertParser(p2) {
      if (!isParser(p2)) {
        throw new Error("not a parser: " + p2);
      }
    }
    function get(input, i) {
      if (typeof input === "string") {
        return input.charAt(i);
      }
      return input[i];
    }
    function assertArray(x) {
      if (!isArray(x)) {
        throw new Error("not an array: " + x);
      }
    }
    function assertNumber(x) {
      if (typeof x !== "number") {
        throw new Error("not a number: " + x);
      }
    }
    function assertRegexp(x) {
      if (!(x instanceof RegExp)) {
        throw new Error("not a regexp: " + x);
      }
      var f = flags(x);
      for (var i = 0; i < f.length; i++) {
        var c = f.charAt(i);
        if (c !== "i" && c !== "m" && c !== "u" && c !== "s") {
          throw new Error('unsupported regexp flag "' + c + '": ' + x);
        }
      }
    }
    function assertFunction(x) {
      if (typeof x !== "function") {
        throw new Error("not a function: " + x);
      }
    }
    function assertString(x) {
      if (typeof x !== "string") {
        throw new Error("not a string: " + x);
      }
    }
    var linesBeforeStringError = 2;
    var linesAfterStringError = 3;
    var bytesPerLine = 8;
    var bytesBefore = bytesPerLine * 5;
    var bytesAfter = bytesPerLine * 4;
    var defaultLinePrefix = "  ";
    function repeat(string2, amount) {
      return new Array(amount + 1).join(string2);
    }
    function formatExpected(expected) {
      if (expected.length === 1) {
        return "Expected:\n\n" + expected[0];
      }
      return "Expected one of the following: \n\n" + expected.join(", ");
    }
    function leftPad(str, pad, char) {
      var add = pad - str.length;
      if (add <= 0) {
        return str;
      }
      return repeat(char, add) + str;
    }
    function toChunks(arr, chunkSize) {
      var length = arr.length;
      var chunks = [];
      var chunkIndex = 0;
      if (length <= chunkSize) {
        return [arr.slice()];
      }
      for (var i = 0; i < length; i++) {
        if (!chunks[chunkIndex]) {
          chunks.push([]);
        }
        chunks[chunkIndex].push(arr[i]);
        if ((i + 1) % chunkSize === 0) {
          chunkIndex++;
        }
      }
      return chunks;
    }
    function rangeFromIndexAndOffsets(i, before, after, length) {
      return {
        // Guard against the negative upper bound for lines included in the output.
        from: i - before > 0 ? i - before : 0,
        to: i + after > length ? length : i + after
      };
    }
    function byteRangeToRange(byteRange2) {
      if (byteRange2.from === 0 && byteRange2.to === 1) {
        return {
          from: byteRange2.from,
          to: byteRange2.to
        };
      }
      return {
        from: byteRange2.from / bytesPerLine,
        // Round `to`, so we don't get float if the amount of bytes is not divisible by `bytesPerLine`
        to: Math.floor(byteRange2.to / bytesPerLine)
      };
    }
    function formatGot(input, error) {
      var index2 = error.index;
      var i = index2.offset;
      var verticalMarkerLength = 1;
      var column;
      var lineWithErrorIndex;
      var lines;
      var lineRange;
      var lastLineNumberLabelLength;
      if (i === input.length) {
        return "Got the end of the input";
      }
      if (isBuffer(input)) {
        var byteLineWithErrorIndex = i - i % bytesPerLine;
        var columnByteIndex = i - byteLineWithErrorIndex;
        var byteRange2 = rangeFromIndexAndOffsets(
          byteLineWithErrorIndex,
          bytesBefore,
          bytesAfter + bytesPerLine,
          input.length
        );
        var bytes = input.slice(byteRange2.from, byteRange2.to);
        var bytesInChunks = toChunks(bytes.toJSON().data, bytesPerLine);
        var byteLines = map(function(byteRow) {
          return map(function(byteValue) {
            return leftPad(byteValue.toString(16), 2, "0");
          }, byteRow);
        }, bytesInChunks);
        lineRange = byteRangeToRange(byteRange2);
        lineWithErrorIndex = byteLineWithErrorIndex / bytesPerLine;
        column = columnByteIndex * 3;
        if (columnByteIndex >= 4) {
          column += 1;
        }
        verticalMarkerLength = 2;
        lines = map(function(byteLine) {
          return byteLine.length <= 4 ? byteLine.join(" ") : byteLine.slice(0, 4).join(" ") + "  " + byteLine.slice(4).join(" ");
        }, byteLines);
        lastLineNumberLabelLength = ((lineRange.to > 0 ? lineRange.to - 1 : lineRange.to) * 8).toString(16).length;
        if (lastLineNumberLabelLength < 2) {
          lastLineNumberLabelLength = 2;
        }
      } else {
        var inputLines = input.split(/\r\n|[\n\r\u2028\u2029]/);
        column = index2.column - 1;
        lineWithErrorIndex = index2.line - 1;
        lineRange = rangeFromIndexAndOffsets(
          lineWithErrorIndex,
          linesBeforeStringError,
          linesAfterStringError,
          inputLines.length
        );
        lines = inputLines.slice(lineRange.from, lineRange.to);
        lastLineNumberLabelLength = lineRange.to.toString().length;
      }
      var lineWithErrorCurrentIndex = lineWithErrorIndex - lineRange.from;
      if (isBuffer(input)) {
        lastLineNumberLabelLength = ((lineRange.to > 0 ? lineRange.to - 1 : lineRange.to) * 8).toString(16).length;
        if (lastLineNumberLabelLength < 2) {
          lastLineNumberLabelLength = 2;
        }
      }
      var linesWithLineNumbers = reduce(
        function(acc, lineSource, index3) {
          var isLineWithError = index3 === lineWithErrorCurrentIndex;
          var prefix = isLineWithError ? "> " : defaultLinePrefix;
          var lineNumberLabel;
          if (isBuffer(input)) {
            lineNumberLabel = leftPad(
              ((lineRange.from + index3) * 8).toString(16),
              lastLineNumberLabelLength,
              "0"
            );
          } else {
            lineNumberLabel = leftPad(
              (lineRange.from + index3 + 1).toString(),
              lastLineNumberLabelLength,
              " "
            );
          }
          return [].concat(
            acc,
            [prefix + lineNumberLabel + " | " + lineSource],
            isLineWithError ? [
              defaultLinePrefix + repeat(" ", lastLineNumberLabelLength) + " | " + leftPad("", column, " ") + repeat("^", verticalMarkerLength)
            ] : []
          );
        },
        [],
        lines
      );
      return linesWithLineNumbers.join("\n");
    }
    function formatError(input, error) {
      return [
        "\n",
        "-- PARSING FAILED " + repeat("-", 50),
        "\n\n",
        formatGot(input, error),
        "\n\n",
        formatExpected(error.expected),
        "\n"
      ].join("");
    }
    function flags(re) {
      if (re.flags !== void 0) {
        return re.flags;
      }
      return [
        re.global ? "g" : "",
        re.ignoreCase ? "i" : "",
        re.multiline ? "m" : "",
        re.unicode ? "u" : "",
        re.sticky ? "y" : ""
      ].join("");
    }
    function anchoredRegexp(re) {
      return RegExp("^(?:" + re.source + ")", flags(re));
    }
    function seq() {
      var parsers = [].slice.call(arguments);
      var numParsers = parsers.length;
      for (var j = 0; j < numParsers; j += 1) {
        assertParser(parsers[j]);
      }
      return Parsimmon(function(input, i) {
        var result;
        var accum = new Array(numParsers);
        for (var j2 = 0; j2 < numParsers; j2 += 1) {
          result = mergeReplies(parsers[j2]._(input, i), result);
          if (!result.status) {
            return result;
          }
          accum[j2] = result.value;
          i = result.index;
        }
        return mergeReplies(makeSuccess(i, accum), result);
      });
    }
    function seqObj() {
      var seenKeys = {};
      var totalKeys = 0;
      var parsers = toArray(arguments);
      var numParsers = parsers.length;
      for (var j = 0; j < numParsers; j += 1) {
        var p2 = parsers[j];
        if (isParser(p2)) {
          continue;
        }
        if (isArray(p2)) {
          var isWellFormed = p2.length === 2 && typeof p2[0] === "string" && isParser(p2[1]);
          if (isWellFormed) {
            var key = p2[0];
            if (Object.prototype.hasOwnProperty.call(seenKeys, key)) {
              throw new Error("seqObj: duplicate key " + key);
            }
            seenKeys[key] = true;
            totalKeys++;
            continue;
          }
        }
        throw new Error(
          "seqObj arguments must be parsers or [string, parser] array pairs."
        );
      }
      if (totalKeys === 0) {
        throw new Error("seqObj expects at least one named parser, found zero");
      }
      return Parsimmon(function(input, i) {
        var result;
        var accum = {};
        for (var j2 = 0; j2 < numParsers; j2 += 1) {
          var name;
          var parser;
          if (isArray(parsers[j2])) {
            name = parsers[j2][0];
            parser = parsers[j2][1];
          } else {
            name = null;
            parser = parsers[j2];
          }
          result = mergeReplies(parser._(input, i), result);
          if (!result.status) {
            return result;
          }
          if (name) {
            accum[name] = result.value;
          }
          i = result.index;
        }
        return mergeReplies(makeSuccess(i, accum), result);
      });
    }
    function seqMap() {
      var args = [].slice.call(arguments);
      if (args.length === 0) {
        throw new Error("seqMap needs at least one argument");
      }
      var mapper = args.pop();
      assertFunction(mapper);
      return seq.apply(null, args).map(function(results) {
        return mapper.apply(null, results);
      });
    }
    function createLanguage(parsers) {
      var language = {};
      for (var key in parsers) {
        if ({}.hasOwnProperty.call(parsers, key)) {
          (function(key2) {
            var func = function() {
              return parsers[key2](language);
            };
            language[key2] = lazy(func);
          })(key);
        }
      }
      return language;
    }
    function alt() {
      var parsers = [].slice.call(arguments);
      var numParsers = parsers.length;
      if (numParsers === 0) {
        return fail("zero alternates");
      }
      for (var j = 0; j < numParsers; j += 1) {
        assertParser(parsers[j]);
      }
      return Parsimmon(function(input, i) {
        var result;
        for (var j2 = 0; j2 < parsers.length; j2 += 1) {
          result = mergeReplies(parsers[j2]._(input, i), result);
          if (result.status) {
            return result;
          }
        }
        return result;
      });
    }
    function sepBy(parser, separator) {
      return sepBy1(parser, separator).or(succeed([]));
    }
    function sepBy1(parser, separator) {
      assertParser(parser);
      assertParser(separator);
      var pairs = separator.then(parser).many();
      return seqMap(parser, pairs, function(r, rs) {
        return [r].concat(rs);
      });
    }
    _.parse = function(input) {
      if (typeof input !== "string" && !isBuffer(input)) {
        throw new Error(
          ".parse must be called with a string or Buffer as its argument"
        );
      }
      var parseResult = this.skip(eof)._(input, 0);
      var result;
      if (parseResult.status) {
        result = {
          status: true,
          value: parseResult.value
        };
      } else {
        result = {
          status: false,
          index: makeLineColumnIndex(input, parseResult.furthest),
          expected: parseResult.expected
        };
      }
      delete lineColumnIndex[input];
      return result;
    };
    _.tryParse = function(str) {
      var result = this.parse(str);
      if (result.status) {
        return result.value;
      } else {
        var msg = formatError(str, result);
        var err = new Error(msg);
        err.type = "ParsimmonError";
        err.result = result;
        throw err;
      }
    };
    _.assert = function(condition, errorMessage) {
      return this.chain(function(value) {
        return condition(value) ? succeed(value) : fail(errorMessage);
      });
    };
    _.or = function(alternative) {
      return alt(this, alternative);
    };
    _.trim = function(parser) {
      return this.wrap(parser, parser);
    };
    _.wrap = function(leftParser, rightParser) {
      return seqMap(leftParser, this, rightParser, function(left, middle) {
        return middle;
      });
    };
    _.thru = function(wrapper) {
      return wrapper(this);
    };
    _.then = function(next) {
      assertParser(next);
      return seq(this, next).map(function(results) {
        return results[1];
      });
    };
    _.many = function() {
      var self = this;
      return Parsimmon(function(input, i) {
        var accum = [];
        var result = void 0;
        for (; ; ) {
          result = mergeReplies(self._(input, i), result);
          if (result.status) {
            if (i === result.index) {
              throw new Error(
                "infinite loop detected in .many() parser --- calling .many() on a parser which can accept zero characters is usually the cause"
              );
            }
            i = result.index;
            accum.push(result.value);
          } else {
            return mergeReplies(makeSuccess(i, accum), result);
          }
        }
      });
    };
    _.tieWith = function(separator) {
      assertString(separator);
      return this.map(function(args) {
        assertArray(args);
        if (args.length) {
          assertString(args[0]);
          var s = args[0];
          for (var i = 1; i < args.length; i++) {
            assertString(args[i]);
            s += separator + args[i];
          }
          return s;
        } else {
          return "";
        }
      });
    };
    _.tie = function() {
      return this.tieWith("");
    };
    _.times = function(min, max) {
      var self = this;
      if (arguments.length < 2) {
        max = min;
      }
      assertNumber(min);
      assertNumber(max);
      return Parsimmon(function(input, i) {
        var accum = [];
        var result = void 0;
        var prevResult = void 0;
        for (var times2 = 0; times2 < min; times2 += 1) {
          result = self._(input, i);
          prevResult = mergeReplies(result, prevResult);
          if (result.status) {
            i = result.index;
            accum.push(result.value);
          } else {
            return prevResult;
          }
        }
        for (; times2 < max; times2 += 1) {
          result = self._(input, i);
          prevResult = mergeReplies(result, prevResult);
          if (result.status) {
            i = result.index;
            accum.push(result.value);
          } else {
            break;
          }
        }
        return mergeReplies(makeSuccess(i, accum), prevResult);
      });
    };
    _.result = function(res) {
      return this.map(function() {
        return res;
      });
    };
    _.atMost = function(n) {
      return this.times(0, n);
    };
    _.atLeast = function(n) {
      return seqMap(this.times(n), this.many(), function(init, rest) {
        return init.concat(rest);
      });
    };
    _.map = function(fn) {
      assertFunction(fn);
      var self = this;
      return Parsimmon(function(input, i) {
        var result = self._(input, i);
        if (!result.status) {
          return result;
        }
        return mergeReplies(makeSuccess(result.index, fn(result.value)), result);
      });
    };
    _.contramap = function(fn) {
      assertFunction(fn);
      var self = this;
      return Parsimmon(function(input, i) {
        var result = self.parse(fn(input.slice(i)));
        if (!result.status) {
          return result;
        }
        return makeSuccess(i + input.length, result.value);
      });
    };
    _.promap = function(f, g) {
      assertFunction(f);
      assertFunction(g);
      return this.contramap(f).map(g);
    };
    _.skip = function(next) {
      return seq(this, next).map(function(results) {
        return results[0];
      });
    };
    _.mark = function() {
      return seqMap(index, this, index, function(start2, value, end3) {
        return {
          start: start2,
          value,
          end: end3
        };
      });
    };
    _.node = function(name) {
      return seqMap(index, this, index, function(start2, value, end3) {
        return {
          name,
          value,
          start: start2,
          end: end3
        };
      });
    };
    _.sepBy = function(separator) {
      return sepBy(this, separator);
    };
    _.sepBy1 = function(separator) {
      return sepBy1(this, separator);
    };
    _.lookahead = function(x) {
      return this.skip(lookahead(x));
    };
    _.notFollowedBy = function(x) {
      return this.skip(notFollowedBy(x));
    };
    _.desc = function(expected) {
      if (!isArray(expected)) {
        expected = [expected];
      }
      var self = this;
      return Parsimmon(function(input, i) {
        var reply = self._(input, i);
        if (!reply.status) {
          reply.expected = expected;
        }
        return reply;
      });
    };
    _.fallback = function(result) {
      return this.or(succeed(result));
    };
    _.ap = function(other) {
      return seqMap(other, this, function(f, x) {
        return f(x);
      });
    };
    _.chain = function(f) {
      var self = this;
      return Parsimmon(function(input, i) {
        var result = self._(input, i);
        if (!result.status) {
          return result;
        }
        var nextParser = f(result.value);
        return mergeReplies(nextParser._(input, result.index), result);
      });
    };
    function string(str) {
      assertString(str);
      var expected = "'" + str + "'";
      return Parsimmon(function(input, i) {
        var j = i + str.length;
        var head = input.slice(i, j);
        if (head === str) {
          return makeSuccess(j, head);
        } else {
          return makeFailure(i, expected);
        }
      });
    }
    function byte(b) {
      ensureBuffer();
      assertNumber(b);
      if (b > 255) {
        throw new Error(
          "Value specified to byte constructor (" + b + "=0x" + b.toString(16) + ") is larger in value than a single byte."
        );
      }
      var expected = (b > 15 ? "0x" : "0x0") + b.toString(16);
      return Parsimmon(function(input, i) {
        var head = get(input, i);
        if (head === b) {
          return makeSuccess(i + 1, head);
        } else {
          return makeFailure(i, expected);
        }
      });
    }
    function regexp(re, group) {
      assertRegexp(re);
      if (arguments.length >= 2) {
        assertNumber(group);
      } else {
        group = 0;
      }
      var anchored = anchoredRegexp(re);
      var expected = "" + re;
      return Parsimmon(function(input, i) {
        var match = anchored.exec(input.slice(i));
        if (match) {
          if (0 <= group && group <= match.length) {
            var fullMatch = match[0];
            var groupMatch = match[group];
            return makeSuccess(i + fullMatch.length, groupMatch);
          }
          var message = "valid match group (0 to " + match.length + ") in " + expected;
          return makeFailure(i, message);
        }
        return makeFailure(i, expected);
      });
    }
    function succeed(value) {
      return Parsimmon(function(input, i) {
        return makeSuccess(i, value);
      });
    }
    function fail(expected) {
      return Parsimmon(function(input, i) {
        return makeFailure(i, expected);
      });
    }
    function lookahead(x) {
      if (isParser(x)) {
        return Parsimmon(function(input, i) {
          var result = x._(input, i);
          result.index = i;
          result.value = "";
          return result;
        });
      } else if (typeof x === "string") {
        return lookahead(string(x));
      } else if (x instanceof RegExp) {
        return lookahead(regexp(x));
      }
      throw new Error("not a string, regexp, or parser: " + x);
    }
    function notFollowedBy(parser) {
      assertParser(parser);
      return Parsimmon(function(input, i) {
        var result = parser._(input, i);
        var text = input.slice(i, result.index);
        return result.status ? makeFailure(i, 'not "' + text + '"') : makeSuccess(i, null);
      });
    }
    function test(predicate) {
      assertFunction(predicate);
      return Parsimmon(function(input, i) {
        var char = get(input, i);
        if (i < input.length && predicate(char)) {
          return makeSuccess(i + 1, char);
        } else {
          return makeFailure(i, "a character/byte matching " + predicate);
        }
      });
    }
    function oneOf2(str) {
      var expected = str.split("");
      for (var idx = 0; idx < expected.length; idx++) {
        expected[idx] = "'" + expected[idx] + "'";
      }
      return test(function(ch) {
        return str.indexOf(ch) >= 0;
      }).desc(expected);
    }
    function noneOf(str) {
      return test(function(ch) {
        return str.indexOf(ch) < 0;
      }).desc("none of '" + str + "'");
    }
    function custom(parsingFunction) {
      return Parsimmon(parsingFunction(makeSuccess, makeFailure));
    }
    function range(begin, end3) {
      return test(function(ch) {
        return begin <= ch && ch <= end3;
      }).desc(begin + "-" + end3);
    }
    function takeWhile(predicate) {
      assertFunction(predicate);
      return Parsimmon(function(input, i) {
        var j = i;
        while (j < input.length && predicate(get(input, j))) {
          j++;
        }
        return makeSuccess(j, input.slice(i, j));
      });
    }
    function lazy(desc, f) {
      if (arguments.length < 2) {
        f = desc;
        desc = void 0;
      }
      var parser = Parsimmon(function(input, i) {
        parser._ = f()._;
        return parser._(input, i);
      });
      if (desc) {
        return parser.desc(desc);
      } else {
        return parser;
      }
    }
    function empty2() {
      return fail("fantasy-land/empty");
    }
    _.concat = _.or;
    _.empty = empty2;
    _.of = succeed;
    _["fantasy-land/ap"] = _.ap;
    _["fantasy-land/chain"] = _.chain;
    _["fantasy-land/concat"] = _.concat;
    _["fantasy-land/empty"] = _.empty;
    _["fantasy-land/of"] = _.of;
    _["fantasy-land/map"] = _.map;
    var index = Parsimmon(function(input, i) {
      return makeSuccess(i, makeLineColumnIndex(input, i));
    });
    var any = Parsimmon(function(input, i) {
      if (i >= input.length) {
        return makeFailure(i, "any character/byte");
      }
      return makeSuccess(i + 1, get(input, i));
    });
    var all = Parsimmon(function(input, i) {
      return makeSuccess(input.length, input.slice(i));
    });
    var eof = Parsimmon(function(input, i) {
      if (i < input.length) {
        return makeFailure(i, "EOF");
      }
      return makeSuccess(i, null);
    });
    var digit = regexp(/[0-9]/).desc("a digit");
    var digits = regexp(/[0-9]*/).desc("optional digits");
    var letter = regexp(/[a-z]/i).desc("a letter");
    var letters = regexp(/[a-z]*/i).desc("optional letters");
    var optWhitespace = regexp(/\s*/).desc("optional whitespace");
    var whitespace = regexp(/\s+/).desc("whitespace");
    var cr = string("\r");
    var lf = string("\n");
    var crlf = string("\r\n");
    var newline = alt(crlf, lf, cr).desc("newline");
    var end2 = alt(newline, eof);
    Parsimmon.all = all;
    Parsimmon.alt = alt;
    Parsimmon.any = any;
    Parsimmon.cr = cr;
    Parsimmon.createLanguage = createLanguage;
    Parsimmon.crlf = crlf;
    Parsimmon.custom = custom;
    Parsimmon.digit = digit;
    Parsimmon.digits = digits;
    Parsimmon.empty = empty2;
    Parsimmon.end = end2;
    Parsimmon.eof = eof;
    Parsimmon.fail = fail;
    Parsimmon.formatError = formatError;
    Parsimmon.index = index;
    Parsimmon.isParser = isParser;
    Parsimmon.lazy = lazy;
    Parsimmon.letter = letter;
    Parsimmon.letters = letters;
    Parsimmon.lf = lf;
    Parsimmon.lookahead = lookahead;
    Parsimmon.makeFailure = makeFailure;
    Parsimmon.makeSuccess = makeSuccess;
    Parsimmon.newline = newline;
    Parsimmon.noneOf = noneOf;
    Parsimmon.notFollowedBy = notFollowedBy;
    Parsimmon.of = succeed;
    Parsimmon.oneOf = oneOf2;
    Parsimmon.optWhitespace = optWhitespace;
    Parsimmon.Parser = Parsimmon;
    Parsimmon.range = range;
    Parsimmon.regex = regexp;
    Parsimmon.regexp = regexp;
    Parsimmon.sepBy = sepBy;
    Parsimmon.sepBy1 = sepBy1;
    Parsimmon.seq = seq;
    Parsimmon.seqMap = seqMap;
    Parsimmon.seqObj = seqObj;
    Parsimmon.string = string;
    Parsimmon.succeed = succeed;
    Parsimmon.takeWhile = takeWhile;
    Parsimmon.test = test;
    Parsimmon.whitespace = whitespace;
    Parsimmon["fantasy-land/empty"] = empty2;
    Parsimmon["fantasy-land/of"] = succeed;
    Parsimmon.Binary = {
      bitSeq,
      bitSeqObj,
      byte,
      buffer: parseBuffer,
      encodedString,
      uintBE,
      uint8BE: uintBE(1),
      uint16BE: uintBE(2),
      uint32BE: uintBE(4),
      uintLE,
      uint8LE: uintLE(1),
      uint16LE: uintLE(2),
      uint32LE: uintLE(4),
      intBE,
      int8BE: intBE(1),
      int16BE: intBE(2),
      int32BE: intBE(4),
      intLE,
      int8LE: intLE(1),
      int16LE: intLE(2),
      int32LE: intLE(4),
      floatBE: floatBE(),
      floatLE: floatLE(),
      doubleBE: doubleBE(),
      doubleLE: doubleLE()
    };
    module.exports = Parsimmon;
  }
});

// node_modules/.pnpm/sdp-transform@3.0.0/node_modules/sdp-transform/lib/grammar.js
var require_grammar = __commonJS({
  "node_modules/.pnpm/sdp-transform@3.0.0/node_modules/sdp-transform/lib/grammar.js"(exports, module) {
    var grammar = module.exports = {
      v: [{
        name: "version",
        reg: /^(\d*)$/
      }],
      o: [{
        // o=- 20518 0 IN IP4 203.0.113.1
        // NB: sessionId will be a String in most cases because it is huge
        name: "origin",
        reg: /^(\S*) (\d*) (\d*) (\S*) IP(\d) (\S*)/,
        names: ["username", "sessionId", "sessionVersion", "netType", "ipVer", "address"],
        format: "%s %s %d %s IP%d %s"
      }],
      // default parsing of these only (though some of these feel outdated)
      s: [{ name: "name" }],
      i: [{ name: "description" }],
      u: [{ name: "uri" }],
      e: [{ name: "email" }],
      p: [{ name: "phone" }],
      z: [{ name: "timezones" }],
      // TODO: this one can actually be parsed properly...
      r: [{ name: "repeats" }],
      // TODO: this one can also be parsed properly
      // k: [{}], // outdated thing ignored
      t: [{
        // t=0 0
        name: "timing",
        reg: /^(\d*) (\d*)/,
        names: ["start", "stop"],
        format: "%d %d"
      }],
      c: [{
        // c=IN IP4 10.47.197.26
        name: "connection",
        reg: /^IN IP(\d) (\S*)/,
        names: ["version", "ip"],
        format: "IN IP%d %s"
      }],
      b: [{
        // b=AS:4000
        push: "bandwidth",
        reg: /^(TIAS|AS|CT|RR|RS):(\d*)/,
        names: ["type", "limit"],
        format: "%s:%s"
      }],
      m: [{
        // m=video 51744 RTP/AVP 126 97 98 34 31
        // NB: special - pushes to session
        // TODO: rtp/fmtp should be filtered by the payloads found here?
        reg: /^(\w*) (\d*) ([\w/]*)(?: (.*))?/,
        names: ["type", "port", "protocol", "payloads"],
        format: "%s %d %s %s"
      }],
      a: [
        {
          // a=rtpmap:110 opus/48000/2
          push: "rtp",
          reg: /^rtpmap:(\d*) ([\w\-.]*)(?:\s*\/(\d*)(?:\s*\/(\S*))?)?/,
          names: ["payload", "codec", "rate", "encoding"],
          format: function(o) {
            return o.encoding ? "rtpmap:%d %s/%s/%s" : o.rate ? "rtpmap:%d %s/%s" : "rtpmap:%d %s";
          }
        },
        {
          // a=fmtp:108 profile-level-id=24;object=23;bitrate=64000
          // a=fmtp:111 minptime=10; useinbandfec=1
          push: "fmtp",
          reg: /^fmtp:(\d*) ([\S| ]*)/,
          names: ["payload", "config"],
          format: "fmtp:%d %s"
        },
        {
          // a=control:streamid=0
          name: "control",
          reg: /^control:(.*)/,
          format: "control:%s"
        },
        {
          // a=rtcp:65179 IN IP4 193.84.77.194
          name: "rtcp",
          reg: /^rtcp:(\d*)(?: (\S*) IP(\d) (\S*))?/,
          names: ["port", "netType", "ipVer", "address"],
          format: function(o) {
            return o.address != null ? "rtcp:%d %s IP%d %s" : "rtcp:%d";
          }
        },
        {
          // a=rtcp-fb:98 trr-int 100
          push: "rtcpFbTrrInt",
          reg: /^rtcp-fb:(\*|\d*) trr-int (\d*)/,
          names: ["payload", "value"],
          format: "rtcp-fb:%s trr-int %d"
        },
        {
          // a=rtcp-fb:98 nack rpsi
          push: "rtcpFb",
          reg: /^rtcp-fb:(\*|\d*) ([\w-_]*)(?: ([\w-_]*))?/,
          names: ["payload", "type", "subtype"],
          format: function(o) {
            return o.subtype != null ? "rtcp-fb:%s %s %s" : "rtcp-fb:%s %s";
          }
        },
        {
          // a=extmap:2 urn:ietf:params:rtp-hdrext:toffset
          // a=extmap:1/recvonly URI-gps-string
          // a=extmap:3 urn:ietf:params:rtp-hdrext:encrypt urn:ietf:params:rtp-hdrext:smpte-tc 25@600/24
          push: "ext",
          reg: /^extmap:(\d+)(?:\/(\w+))?(?: (urn:ietf:params:rtp-hdrext:encrypt))? (\S*)(?: (\S*))?/,
          names: ["value", "direction", "encrypt-uri", "uri", "config"],
          format: function(o) {
            return "extmap:%d" + (o.direction ? "/%s" : "%v") + (o["encrypt-uri"] ? " %s" : "%v") + " %s" + (o.config ? " %s" : "");
          }
        },
        {
          // a=extmap-allow-mixed
          name: "extmapAllowMixed",
          reg: /^(extmap-allow-mixed)/
        },
        {
          // a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32
          push: "crypto",
          reg: /^crypto:(\d*) ([\w_]*) (\S*)(?: (\S*))?/,
          names: ["id", "suite", "config", "sessionConfig"],
          format: function(o) {
            return o.sessionConfig != null ? "crypto:%d %s %s %s" : "crypto:%d %s %s";
          }
        },
        {
          // a=setup:actpass
          name: "setup",
          reg: /^setup:(\w*)/,
          format: "setup:%s"
        },
        {
          // a=connection:new
          name: "connectionType",
          reg: /^connection:(new|existing)/,
          format: "connection:%s"
        },
        {
          // a=mid:1
          name: "mid",
          reg: /^mid:([^\s]*)/,
          format: "mid:%s"
        },
        {
          // a=msid:0c8b064d-d807-43b4-b434-f92a889d8587 98178685-d409-46e0-8e16-7ef0db0db64a
          push: "msid",
          reg: /^msid:([\w-]+)(?: ([\w-]+))?/,
          names: ["id", "appdata"],
          format: "msid:%s %s"
        },
        {
          // a=ptime:20
          name: "ptime",
          reg: /^ptime:(\d*(?:\.\d*)*)/,
          format: "ptime:%d"
        },
        {
          // a=maxptime:60
          name: "maxptime",
          reg: /^maxptime:(\d*(?:\.\d*)*)/,
          format: "maxptime:%d"
        },
        {
          // a=sendrecv
          name: "direction",
          reg: /^(sendrecv|recvonly|sendonly|inactive)/
        },
        {
          // a=ice-lite
          name: "icelite",
          reg: /^(ice-lite)/
        },
        {
          // a=ice-ufrag:F7gI
          name: "iceUfrag",
          reg: /^ice-ufrag:(\S*)/,
          format: "ice-ufrag:%s"
        },
        {
          // a=ice-pwd:x9cml/YzichV2+XlhiMu8g
          name: "icePwd",
          reg: /^ice-pwd:(\S*)/,
          format: "ice-pwd:%s"
        },
        {
          // a=fingerprint:SHA-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33
          name: "fingerprint",
          reg: /^fingerprint:(\S*) (\S*)/,
          names: ["type", "hash"],
          format: "fingerprint:%s %s"
        },
        {
          // a=candidate:0 1 UDP 2113667327 203.0.113.1 54400 typ host
          // a=candidate:1162875081 1 udp 2113937151 192.168.34.75 60017 typ host generation 0 network-id 3 network-cost 10
          // a=candidate:3289912957 2 udp 1845501695 193.84.77.194 60017 typ srflx raddr 192.168.34.75 rport 60017 generation 0 network-id 3 network-cost 10
          // a=candidate:229815620 1 tcp 1518280447 192.168.150.19 60017 typ host tcptype active generation 0 network-id 3 network-cost 10
          // a=candidate:3289912957 2 tcp 1845501695 193.84.77.194 60017 typ srflx raddr 192.168.34.75 rport 60017 tcptype passive generation 0 network-id 3 network-cost 10
          push: "candidates",
          reg: /^candidate:(\S*) (\d*) (\S*) (\d*) (\S*) (\d*) typ (\S*)(?: raddr (\S*) rport (\d*))?(?: tcptype (\S*))?(?: generation (\d*))?(?: network-id (\d*))?(?: network-cost (\d*))?/,
          names: ["foundation", "component", "transport", "priority", "ip", "port", "type", "raddr", "rport", "tcptype", "generation", "network-id", "network-cost"],
          format: function(o) {
            var str = "candidate:%s %d %s %d %s %d typ %s";
            str += o.raddr != null ? " raddr %s rport %d" : "%v%v";
            str += o.tcptype != null ? " tcptype %s" : "%v";
            if (o.generation != null) {
              str += " generation %d";
            }
            str += o["network-id"] != null ? " network-id %d" : "%v";
            str += o["network-cost"] != null ? " network-cost %d" : "%v";
            return str;
          }
        },
        {
          // a=end-of-candidates (keep after the candidates line for readability)
          name: "endOfCandidates",
          reg: /^(end-of-candidates)/
        },
        {
          // a=remote-candidates:1 203.0.113.1 54400 2 203.0.113.1 54401 ...
          name: "remoteCandidates",
          reg: /^remote-candidates:(.*)/,
          format: "remote-candidates:%s"
        },
        {
          // a=ice-options:google-ice
          name: "iceOptions",
          reg: /^ice-options:(\S*)/,
          format: "ice-options:%s"
        },
        {
          // a=ssrc:2566107569 cname:t9YU8M1UxTF8Y1A1
          push: "ssrcs",
          reg: /^ssrc:(\d*) ([\w_-]*)(?::(.*))?/,
          names: ["id", "attribute", "value"],
          format: function(o) {
            var str = "ssrc:%d";
            if (o.attribute != null) {
              str += " %s";
              if (o.value != null) {
                str += ":%s";
              }
            }
            return str;
          }
        },
        {
          // a=ssrc-group:FEC 1 2
          // a=ssrc-group:FEC-FR 3004364195 1080772241
          push: "ssrcGroups",
          // token-char = %x21 / %x23-27 / %x2A-2B / %x2D-2E / %x30-39 / %x41-5A / %x5E-7E
          reg: /^ssrc-group:([\x21\x23\x24\x25\x26\x27\x2A\x2B\x2D\x2E\w]*) (.*)/,
          names: ["semantics", "ssrcs"],
          format: "ssrc-group:%s %s"
        },
        {
          // a=msid-semantic: WMS Jvlam5X3SX1OP6pn20zWogvaKJz5Hjf9OnlV
          name: "msidSemantic",
          reg: /^msid-semantic:\s?(\w*) (\S*)/,
          names: ["semantic", "token"],
          format: "msid-semantic: %s %s"
          // space after ':' is not accidental
        },
        {
          // a=group:BUNDLE audio video
          push: "groups",
          reg: /^group:(\w*) (.*)/,
          names: ["type", "mids"],
          format: "group:%s %s"
        },
        {
          // a=rtcp-mux
          name: "rtcpMux",
          reg: /^(rtcp-mux)/
        },
        {
          // a=rtcp-rsize
          name: "rtcpRsize",
          reg: /^(rtcp-rsize)/
        },
        {
          // a=sctpmap:5000 webrtc-datachannel 1024
          name: "sctpmap",
          reg: /^sctpmap:([\w_/]*) (\S*)(?: (\S*))?/,
          names: ["sctpmapNumber", "app", "maxMessageSize"],
          format: function(o) {
            return o.maxMessageSize != null ? "sctpmap:%s %s %s" : "sctpmap:%s %s";
          }
        },
        {
          // a=x-google-flag:conference
          name: "xGoogleFlag",
          reg: /^x-google-flag:([^\s]*)/,
          format: "x-google-flag:%s"
        },
        {
          // a=rid:1 send max-width=1280;max-height=720;max-fps=30;depend=0
          push: "rids",
          reg: /^rid:([\d\w]+) (\w+)(?: ([\S| ]*))?/,
          names: ["id", "direction", "params"],
          format: function(o) {
            return o.params ? "rid:%s %s %s" : "rid:%s %s";
          }
        },
        {
          // a=imageattr:97 send [x=800,y=640,sar=1.1,q=0.6] [x=480,y=320] recv [x=330,y=250]
          // a=imageattr:* send [x=800,y=640] recv *
          // a=imageattr:100 recv [x=320,y=240]
          push: "imageattrs",
          reg: new RegExp(
            // a=imageattr:97
            "^imageattr:(\\d+|\\*)[\\s\\t]+(send|recv)[\\s\\t]+(\\*|\\[\\S+\\](?:[\\s\\t]+\\[\\S+\\])*)(?:[\\s\\t]+(recv|send)[\\s\\t]+(\\*|\\[\\S+\\](?:[\\s\\t]+\\[\\S+\\])*))?"
          ),
          names: ["pt", "dir1", "attrs1", "dir2", "attrs2"],
          format: function(o) {
            return "imageattr:%s %s %s" + (o.dir2 ? " %s %s" : "");
          }
        },
        {
          // a=simulcast:send 1,2,3;~4,~5 recv 6;~7,~8
          // a=simulcast:recv 1;4,5 send 6;7
          name: "simulcast",
          reg: new RegExp(
            // a=simulcast:
            "^simulcast:(send|recv) ([a-zA-Z0-9\\-_~;,]+)(?:\\s?(send|recv) ([a-zA-Z0-9\\-_~;,]+))?$"
          ),
          names: ["dir1", "list1", "dir2", "list2"],
          format: function(o) {
            return "simulcast:%s %s" + (o.dir2 ? " %s %s" : "");
          }
        },
        {
          // old simulcast draft 03 (implemented by Firefox)
          //   https://tools.ietf.org/html/draft-ietf-mmusic-sdp-simulcast-03
          // a=simulcast: recv pt=97;98 send pt=97
          // a=simulcast: send rid=5;6;7 paused=6,7
          name: "simulcast_03",
          reg: /^simulcast:[\s\t]+([\S+\s\t]+)$/,
          names: ["value"],
          format: "simulcast: %s"
        },
        {
          // a=framerate:25
          // a=framerate:29.97
          name: "framerate",
          reg: /^framerate:(\d+(?:$|\.\d+))/,
          format: "framerate:%s"
        },
        {
          // RFC4570
          // a=source-filter: incl IN IP4 239.5.2.31 10.1.15.5
          name: "sourceFilter",
          reg: /^source-filter: *(excl|incl) (\S*) (IP4|IP6|\*) (\S*) (.*)/,
          names: ["filterMode", "netType", "addressTypes", "destAddress", "srcList"],
          format: "source-filter: %s %s %s %s %s"
        },
        {
          // a=bundle-only
          name: "bundleOnly",
          reg: /^(bundle-only)/
        },
        {
          // a=label:1
          name: "label",
          reg: /^label:(.+)/,
          format: "label:%s"
        },
        {
          // RFC version 26 for SCTP over DTLS
          // https://tools.ietf.org/html/draft-ietf-mmusic-sctp-sdp-26#section-5
          name: "sctpPort",
          reg: /^sctp-port:(\d+)$/,
          format: "sctp-port:%s"
        },
        {
          // RFC version 26 for SCTP over DTLS
          // https://tools.ietf.org/html/draft-ietf-mmusic-sctp-sdp-26#section-6
          name: "maxMessageSize",
          reg: /^max-message-size:(\d+)$/,
          format: "max-message-size:%s"
        },
        {
          // RFC7273
          // a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:37
          push: "tsRefClocks",
          reg: /^ts-refclk:([^\s=]*)(?:=(\S*))?/,
          names: ["clksrc", "clksrcExt"],
          format: function(o) {
            return "ts-refclk:%s" + (o.clksrcExt != null ? "=%s" : "");
          }
        },
        {
          // RFC7273
          // a=mediaclk:direct=963214424
          name: "mediaClk",
          reg: /^mediaclk:(?:id=(\S*))? *([^\s=]*)(?:=(\S*))?(?: *rate=(\d+)\/(\d+))?/,
          names: ["id", "mediaClockName", "mediaClockValue", "rateNumerator", "rateDenominator"],
          format: function(o) {
            var str = "mediaclk:";
            str += o.id != null ? "id=%s %s" : "%v%s";
            str += o.mediaClockValue != null ? "=%s" : "";
            str += o.rateNumerator != null ? " rate=%s" : "";
            str += o.rateDenominator != null ? "/%s" : "";
            return str;
          }
        },
        {
          // a=keywds:keywords
          name: "keywords",
          reg: /^keywds:(.+)$/,
          format: "keywds:%s"
        },
        {
          // a=content:main
          name: "content",
          reg: /^content:(.+)/,
          format: "content:%s"
        },
        // BFCP https://tools.ietf.org/html/rfc4583
        {
          // a=floorctrl:c-s
          name: "bfcpFloorCtrl",
          reg: /^floorctrl:(c-only|s-only|c-s)/,
          format: "floorctrl:%s"
        },
        {
          // a=confid:1
          name: "bfcpConfId",
          reg: /^confid:(\d+)/,
          format: "confid:%s"
        },
        {
          // a=userid:1
          name: "bfcpUserId",
          reg: /^userid:(\d+)/,
          format: "userid:%s"
        },
        {
          // a=floorid:1
          name: "bfcpFloorId",
          reg: /^floorid:(.+) (?:m-stream|mstrm):(.+)/,
          names: ["id", "mStream"],
          format: "floorid:%s mstrm:%s"
        },
        {
          // any a= that we don't understand is kept verbatim on media.invalid
          push: "invalid",
          names: ["value"]
        }
      ]
    };
    Object.keys(grammar).forEach(function(key) {
      var objs = grammar[key];
      objs.forEach(function(obj) {
        if (!obj.reg) {
          obj.reg = /(.*)/;
        }
        if (!obj.format) {
          obj.format = "%s";
        }
      });
    });
  }
});

// node_modules/.pnpm/sdp-transform@3.0.0/node_modules/sdp-transform/lib/parser.js
var require_parser = __commonJS({
  "node_modules/.pnpm/sdp-transform@3.0.0/node_modules/sdp-transform/lib/parser.js"(exports) {
    var toIntIfInt = function(v) {
      return String(Number(v)) === v ? Number(v) : v;
    };
    var attachProperties = function(match, location, names, rawName) {
      if (rawName && !names) {
        location[rawName] = toIntIfInt(match[1]);
      } else {
        for (var i = 0; i < names.length; i += 1) {
          if (match[i + 1] != null) {
            location[names[i]] = toIntIfInt(match[i + 1]);
          }
        }
      }
    };
    var parseReg = function(obj, location, content) {
      var needsBlank = obj.name && obj.names;
      if (obj.push && !location[obj.push]) {
        location[obj.push] = [];
      } else if (needsBlank && !location[obj.name]) {
        location[obj.name] = {};
      }
      var keyLocation = obj.push ? {} : (
        // blank object that will be pushed
        needsBlank ? location[obj.name] : location
      );
      attachProperties(content.match(obj.reg), keyLocation, obj.names, obj.name);
      if (obj.push) {
        location[obj.push].push(keyLocation);
      }
    };
    var grammar = require_grammar();
    var validLine = RegExp.prototype.test.bind(/^([a-z])=(.*)/);
    exports.parse = function(sdp) {
      var session = {}, media = [], location = session;
      sdp.split(/(\r\n|\r|\n)/).filter(validLine).forEach(function(l) {
        var type = l[0];
        var content = l.slice(2);
        if (type === "m") {
          media.push({ rtp: [], fmtp: [] });
          location = media[media.length - 1];
        }
        for (var j = 0; j < (grammar[type] || []).length; j += 1) {
          var obj = grammar[type][j];
          if (obj.reg.test(content)) {
            return parseReg(obj, location, content);
          }
        }
      });
      session.media = media;
      return session;
    };
    var paramReducer = function(acc, expr) {
      var s = expr.split(/=(.+)/, 2);
      if (s.length === 2) {
        acc[s[0]] = toIntIfInt(s[1]);
      } else if (s.length === 1 && expr.length > 1) {
        acc[s[0]] = void 0;
      }
      return acc;
    };
    exports.parseParams = function(str) {
      return str.split(/;\s?/).reduce(paramReducer, {});
    };
    exports.parseFmtpConfig = exports.parseParams;
    exports.parsePayloads = function(str) {
      return str.toString().split(" ").map(Number);
    };
    exports.parseRemoteCandidates = function(str) {
      var candidates = [];
      var parts = str.split(" ").map(toIntIfInt);
      for (var i = 0; i < parts.length; i += 3) {
        candidates.push({
          component: parts[i],
          ip: parts[i + 1],
          port: parts[i + 2]
        });
      }
      return candidates;
    };
    exports.parseImageAttributes = function(str) {
      return str.split(" ").map(function(item) {
        return item.substring(1, item.length - 1).split(",").reduce(paramReducer, {});
      });
    };
    exports.parseSimulcastStreamList = function(str) {
      return str.split(";").map(function(stream) {
        return stream.split(",").map(function(format) {
          var scid, paused = false;
          if (format[0] !== "~") {
            scid = toIntIfInt(format);
          } else {
            scid = toIntIfInt(format.substring(1, format.length));
            paused = true;
          }
          return {
            scid,
            paused
          };
        });
      });
    };
  }
});

// node_modules/.pnpm/sdp-transform@3.0.0/node_modules/sdp-transform/lib/writer.js
var require_writer = __commonJS({
  "node_modules/.pnpm/sdp-transform@3.0.0/node_modules/sdp-transform/lib/writer.js"(exports, module) {
    var grammar = require_grammar();
    var formatRegExp = /%[sdv%]/g;
    var format = function(formatStr) {
      var i = 1;
      var args = arguments;
      var len = args.length;
      return formatStr.replace(formatRegExp, function(x) {
        if (i >= len) {
          return x;
        }
        var arg = args[i];
        i += 1;
        switch (x) {
          case "%%":
            return "%";
          case "%s":
            return String(arg);
          case "%d":
            return Number(arg);
          case "%v":
            return "";
        }
      });
    };
    var makeLine = function(type, obj, location) {
      var str = obj.format instanceof Function ? obj.format(obj.push ? location : location[obj.name]) : obj.format;
      var args = [type + "=" + str];
      if (obj.names) {
        for (var i = 0; i < obj.names.length; i += 1) {
          var n = obj.names[i];
          if (obj.name) {
            args.push(location[obj.name][n]);
          } else {
            args.push(location[obj.names[i]]);
          }
        }
      } else {
        args.push(location[obj.name]);
      }
      return format.apply(null, args);
    };
    var defaultOuterOrder = [
      "v",
      "o",
      "s",
      "i",
      "u",
      "e",
      "p",
      "c",
      "b",
      "t",
      "r",
      "z",
      "a"
    ];
    var defaultInnerOrder = ["i", "c", "b", "a"];
    module.exports = function(session, opts) {
      opts = opts || {};
      if (session.version == null) {
        session.version = 0;
      }
      if (session.name == null) {
        session.name = " ";
      }
      session.media.forEach(function(mLine) {
        if (mLine.payloads == null) {
          mLine.payloads = "";
        }
      });
      var outerOrder = opts.outerOrder || defaultOuterOrder;
      var innerOrder = opts.innerOrder || defaultInnerOrder;
      var sdp = [];
      outerOrder.forEach(function(type) {
        grammar[type].forEach(function(obj) {
          if (obj.name in session && session[obj.name] != null) {
            sdp.push(makeLine(type, obj, session));
          } else if (obj.push in session && session[obj.push] != null) {
            session[obj.push].forEach(function(el) {
              sdp.push(makeLine(type, obj, el));
            });
          }
        });
      });
      session.media.forEach(function(mLine) {
        sdp.push(makeLine("m", grammar.m[0], mLine));
        innerOrder.forEach(function(type) {
          grammar[type].forEach(function(obj) {
            if (obj.name in mLine && mLine[obj.name] != null) {
              sdp.push(makeLine(type, obj, mLine));
            } else if (obj.push in mLine && mLine[obj.push] != null) {
              mLine[obj.push].forEach(function(el) {
                sdp.push(makeLine(type, obj, el));
              });
            }
          });
        });
      });
      return sdp.join("\r\n") + "\r\n";
    };
  }
});

// node_modules/.pnpm/sdp-transform@3.0.0/node_modules/sdp-transform/lib/index.js
var require_lib = __commonJS({
  "node_modules/.pnpm/sdp-transform@3.0.0/node_modules/sdp-transform/lib/index.js"(exports) {
    var parser = require_parser();
    var writer = require_writer();
    var grammar = require_grammar();
    exports.grammar = grammar;
    exports.write = writer;
    exports.parse = parser.parse;
    exports.parseParams = parser.parseParams;
    exports.parseFmtpConfig = parser.parseFmtpConfig;
    exports.parsePayloads = parser.parsePayloads;
    exports.parseRemoteCandidates = parser.parseRemoteCandidates;
    exports.parseImageAttributes = parser.parseImageAttributes;
    exports.parseSimulcastStreamList = parser.parseSimulcastStreamList;
  }
});

// packages/grammar/src/errors.ts
var BRAND = /* @__PURE__ */ Symbol.for("@simple-im/ProtocolError");
var ProtocolError = class extends Error {
  /** Stable across releases; docs/errors.md lists them all. */
  code;
  fault;
  status;
  section;
  offset;
  header;
  constructor(code, kind, place = {}) {
    const message = place.detail === void 0 ? kind.meaning : `${kind.meaning}: ${place.detail}`;
    super(message, place.cause === void 0 ? void 0 : { cause: place.cause });
    this.name = "ProtocolError";
    this.code = code;
    this.fault = kind.fault;
    this.status = place.status ?? kind.status;
    this.section = place.section ?? kind.section;
    this.offset = place.offset;
    this.header = place.header;
    Object.defineProperty(this, BRAND, { value: true });
  }
  /** True for a ProtocolError of any copy of this module; `instanceof` fails between its ESM and CJS copies. */
  static is(error) {
    return typeof error === "object" && error !== null && error[BRAND] === true;
  }
};
function defineErrors(table) {
  return (code, place) => new ProtocolError(code, table[code], place);
}

// packages/grammar/src/grammar-errors.ts
var grammarErrors = {
  GRAMMAR_BAD_URI: { meaning: "The text is not a URI", fault: "remote", status: 400, section: "RFC 3261 \xA719.1.1" },
  GRAMMAR_URI_TOO_LONG: { meaning: "The URI is longer than the limit", fault: "remote", status: 414, section: "RFC 3261 \xA721.4.12" },
  GRAMMAR_BAD_NAME_ADDR: {
    meaning: "The value is neither name-addr nor addr-spec",
    fault: "remote",
    status: 400,
    section: "RFC 3261 \xA720.10"
  },
  GRAMMAR_NAME_ADDR_TOO_LONG: {
    meaning: "The name-addr is longer than the limit",
    fault: "remote",
    status: 400,
    section: "RFC 3261 \xA720.10"
  },
  GRAMMAR_BAD_PARAMETERS: { meaning: "The parameters are malformed", fault: "remote", status: 400, section: "RFC 3261 \xA77.3.1" },
  GRAMMAR_DUPLICATE_PARAMETER: { meaning: "A parameter name appears twice", fault: "remote", status: 400, section: "RFC 3261 \xA77.3.1" },
  GRAMMAR_TOO_MANY_PARAMETERS: {
    meaning: "There are more parameters than the limit",
    fault: "remote",
    status: 400,
    section: "RFC 3261 \xA77.3.1"
  },
  GRAMMAR_BAD_QUOTED_STRING: { meaning: "The text is not a quoted-string", fault: "remote", status: 400, section: "RFC 3261 \xA725.1" },
  GRAMMAR_UNENCODABLE: { meaning: "The value cannot be written in this syntax", fault: "local", section: "RFC 3261 \xA725.1" }
};
var grammarError = defineErrors(grammarErrors);

// packages/grammar/src/bytes.ts
var NodeBuffer = globalThis.Buffer;
var utf8Encoder = new TextEncoder();
var utf8Decoder = new TextDecoder();
var strictUtf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
var SLICE = 8192;
function byteString(bytes, from = 0, to2 = bytes.length) {
  if (NodeBuffer !== void 0) {
    const own = bytes;
    if (own.latin1Slice !== void 0) return own.latin1Slice(from, to2);
    return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).latin1Slice(from, to2);
  }
  let text = "";
  for (let at = from; at < to2; at += SLICE) text += String.fromCharCode(...bytes.subarray(at, Math.min(to2, at + SLICE)));
  return text;
}
function bytesOf(text) {
  const bytes = new Uint8Array(text.length);
  writeByteString(bytes, 0, text);
  return bytes;
}
function writeByteString(target, at, text) {
  const own = target;
  if (own.latin1Write !== void 0) own.latin1Write(text, at);
  else for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
  return at + text.length;
}
function utf8(text) {
  return utf8Encoder.encode(text);
}
function utf8Text(bytes) {
  return utf8Decoder.decode(bytes);
}
function textToByteString(text) {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return byteString(utf8(text));
  return text;
}
function byteStringToText(bytes) {
  for (let i = 0; i < bytes.length; i++) if (bytes.charCodeAt(i) > 127) return utf8Text(bytesOf(bytes));
  return bytes;
}
function concatBytes(parts) {
  if (parts.length === 1) return parts[0];
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// packages/grammar/src/abnf.ts
var ALPHA = "[A-Za-z]";
var DIGIT = "[0-9]";
var HEXDIG = "[0-9A-Fa-f]";
var alphanum = "[A-Za-z0-9]";
var WSP = "[ \\t]";
var LWS = `(?:(?:${WSP}*\\r\\n)?${WSP}+)`;
var SWS = `${LWS}?`;
var token = "[A-Za-z0-9\\-.!%*_+`'~]+";
var unreserved = "[A-Za-z0-9\\-_.!~*'()]";
var escaped = `%${HEXDIG}${HEXDIG}`;
var qdtext = "(?:\\r\\n[ \\t]|[\\t !#-\\[\\]-~\\x80-\\xff])";
var quotedPair = "\\\\[\\x00-\\x09\\x0b\\x0c\\x0e-\\x7f]";
var quotedString = `"(?:${qdtext}|${quotedPair})*"`;
var label = `${alphanum}(?:-*${alphanum})*`;
var toplabel = `${ALPHA}(?:-*${alphanum})*`;
var hostname = `(?:${label}\\.)*${toplabel}\\.?`;
var decOctet = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])";
var IPv4address = `${decOctet}(?:\\.${decOctet}){3}(?![0-9])`;
var h16 = `${HEXDIG}{1,4}`;
var ls32 = `(?:${h16}:${h16}|${IPv4address})`;
var IPv6address = "(?:" + [
  `(?:${h16}:){6}${ls32}`,
  `::(?:${h16}:){5}${ls32}`,
  `(?:${h16})?::(?:${h16}:){4}${ls32}`,
  `(?:(?:${h16}:){0,1}${h16})?::(?:${h16}:){3}${ls32}`,
  `(?:(?:${h16}:){0,2}${h16})?::(?:${h16}:){2}${ls32}`,
  `(?:(?:${h16}:){0,3}${h16})?::${h16}:${ls32}`,
  `(?:(?:${h16}:){0,4}${h16})?::${ls32}`,
  `(?:(?:${h16}:){0,5}${h16})?::${h16}`,
  `(?:(?:${h16}:){0,6}${h16})?::`
].join("|") + ")";
var IPv6reference = `\\[${IPv6address}\\]`;
var host = `(?:${hostname}|${IPv4address}|${IPv6reference})`;
function rule(source) {
  return new RegExp(source);
}
var abnf = {
  ALPHA: rule(ALPHA),
  DIGIT: rule(DIGIT),
  HEXDIG: rule(HEXDIG),
  alphanum: rule(alphanum),
  LWS: rule(LWS),
  SWS: rule(SWS),
  HCOLON: rule(`${WSP}*:${SWS}`),
  COMMA: rule(`${SWS},${SWS}`),
  SEMI: rule(`${SWS};${SWS}`),
  EQUAL: rule(`${SWS}=${SWS}`),
  SLASH: rule(`${SWS}/${SWS}`),
  COLON: rule(`${SWS}:${SWS}`),
  LAQUOT: rule(`${SWS}<`),
  RAQUOT: rule(`>${SWS}`),
  token: rule(token),
  unreserved: rule(unreserved),
  escaped: rule(escaped),
  quotedString: rule(quotedString),
  hostname: rule(hostname),
  IPv4address: rule(IPv4address),
  IPv6address: rule(IPv6address),
  IPv6reference: rule(IPv6reference),
  host: rule(host),
  port: rule(`${DIGIT}+`)
};

// packages/grammar/src/blanks.ts
function trimBlanks(text) {
  let from = 0;
  let to2 = text.length;
  while (from < to2 && isBlank(text.charCodeAt(from))) from++;
  while (to2 > from && isBlank(text.charCodeAt(to2 - 1))) to2--;
  return text.slice(from, to2);
}
function isBlank(code) {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

// packages/grammar/src/chars.ts
var TOKEN = 1;
var UNRESERVED = 2;
var USER = 4;
var PARAM = 8;
var ALPHANUM = 16;
var DIGIT2 = 32;
var ANGLED = 64;
var QDTEXT = 128;
var LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
var DIGITS = "0123456789";
var MARKS = "-_.!~*'()";
var CLASSES = new Uint8Array(256);
function classify(characters2, classes) {
  for (let i = 0; i < characters2.length; i++) CLASSES[characters2.charCodeAt(i)] |= classes;
}
classify(LETTERS, TOKEN | UNRESERVED | USER | PARAM | ALPHANUM);
classify(DIGITS, TOKEN | UNRESERVED | USER | PARAM | ALPHANUM | DIGIT2);
classify("-.!%*_+`'~", TOKEN);
classify(MARKS, UNRESERVED | USER | PARAM);
classify("&=+$,;?/", USER);
classify("[]/:&+$", PARAM);
for (let code = 33; code <= 126; code++) if (!'<>"'.includes(String.fromCharCode(code))) CLASSES[code] |= ANGLED;
for (let code = 32; code <= 255; code++) if (code !== 34 && code !== 92 && code !== 127) CLASSES[code] |= QDTEXT;
classify("	", QDTEXT);
function allIn(text, from, to2, charClass) {
  for (let at = from; at < to2; at++) if ((CLASSES[text.charCodeAt(at)] & charClass) === 0) return false;
  return true;
}
function isToken(text) {
  return text.length > 0 && allIn(text, 0, text.length, TOKEN);
}

// packages/grammar/src/host.ts
var HOST_MAX = 255;
var wholeHost = new RegExp(`^${abnf.host.source}$`);
var wholeIPv4 = new RegExp(`^${abnf.IPv4address.source}$`);
var wholeIPv6 = new RegExp(`^${abnf.IPv6address.source}$`);
function isHost(text) {
  return text.length <= HOST_MAX && wholeHost.test(text);
}
function isIPv6(text) {
  return wholeIPv6.test(text);
}
function canonicalHost(host4) {
  if (host4.charCodeAt(0) !== 91) return host4.toLowerCase();
  return `[${canonicalIPv6(host4.slice(1, -1))}]`;
}
function canonicalIPv6(address2) {
  const [head = "", tail] = address2.split("::");
  const front = groupsOf(head);
  const back = tail === void 0 ? [] : groupsOf(tail);
  const zeros = new Array(8 - front.length - back.length).fill(0);
  const groups = [...front, ...zeros, ...back];
  const run = longestZeroRun(groups);
  const hex2 = groups.map((group) => group.toString(16));
  if (run.length < 2) return hex2.join(":");
  return `${hex2.slice(0, run.start).join(":")}::${hex2.slice(run.start + run.length).join(":")}`;
}
function groupsOf(text) {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [parseInt(group, 16)];
    const [a, b, c, d] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
function longestZeroRun(groups) {
  let best = { start: 0, length: 0 };
  let start2 = 0;
  groups.forEach((group, at) => {
    if (group !== 0) start2 = at + 1;
    else if (at + 1 - start2 > best.length) best = { start: start2, length: at + 1 - start2 };
  });
  return best;
}

// packages/grammar/src/escapes.ts
var escape = /%[0-9A-Fa-f]{2}/g;
var bracket = /[[\]]/g;
function octetOf(percent2) {
  return parseInt(percent2.slice(1), 16);
}
function percent(character) {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
function unescapeUri(text) {
  if (!text.includes("%")) return text;
  return text.replace(escape, (found) => String.fromCharCode(octetOf(found)));
}
function canonicalEscapes(text) {
  const plain = text.includes("%") ? text.replace(escape, (found) => keepUnless(found, UNRESERVED)) : text;
  return plain.replace(bracket, percent);
}
function canonicalUser(text) {
  if (!text.includes("%")) return text;
  return text.replace(escape, (found) => keepUnless(found, USER));
}
function keepUnless(found, charClass) {
  const octet = octetOf(found);
  return (CLASSES[octet] & charClass) !== 0 ? String.fromCharCode(octet) : found.toUpperCase();
}

// packages/grammar/src/quoted-string.ts
var wholeQuotedString = new RegExp(`^${abnf.quotedString.source}$`);
var quotedPair2 = /\\([^])/g;
var fold = /(?<![ \t])[ \t]*\r\n[ \t]+/g;
var needsEscape = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f"\\]/g;
function quote(text) {
  if (/[\r\n\u0100-\uffff]/.test(text)) {
    throw grammarError("GRAMMAR_UNENCODABLE", { detail: "a line break or a character that is not an octet" });
  }
  return `"${text.replace(needsEscape, "\\$&")}"`;
}
function unquote(text) {
  if (!isQuotedString(text)) throw grammarError("GRAMMAR_BAD_QUOTED_STRING");
  return unquoteValid(text);
}
function isQuotedString(text) {
  return wholeQuotedString.test(text);
}
function unquoteValid(text) {
  const inner = text.slice(1, -1);
  if (!inner.includes("\\") && !inner.includes("\r")) return inner;
  return inner.replace(fold, " ").replace(quotedPair2, "$1");
}

// packages/grammar/src/split-list.ts
var DQUOTE = 34;
var BACKSLASH = 92;
var COMMA = 44;
var LAQUOT = 60;
function splitList(text) {
  if (!text.includes(",")) {
    const only = trimBlanks(text);
    return only === "" ? [] : [only];
  }
  const elements = [];
  let start2 = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === COMMA) {
      elements.push(trimBlanks(text.slice(start2, at)));
      start2 = at + 1;
    } else if (code === DQUOTE) {
      at = endOfQuotes(text, at);
    } else if (code === LAQUOT) {
      const close = text.indexOf(">", at);
      if (close < 0) break;
      at = close;
    }
    at++;
  }
  elements.push(trimBlanks(text.slice(start2)));
  return elements;
}
function endOfQuotes(text, open) {
  let at = open + 1;
  while (at < text.length && text.charCodeAt(at) !== DQUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

// packages/grammar/src/params-grammar.ts
var import_parsimmon2 = __toESM(require_parsimmon(), 1);

// packages/grammar/src/whole.ts
var import_parsimmon = __toESM(require_parsimmon(), 1);
var START = "\n";
var start = import_parsimmon.default.string(START);
function parseWhole(parser, text) {
  const result = start.then(parser).parse(START + text);
  return result.status ? { value: result.value } : { offset: result.index.offset - START.length };
}

// packages/grammar/src/params-grammar.ts
var token2 = import_parsimmon2.default.regexp(abnf.token);
var EQUAL = import_parsimmon2.default.regexp(abnf.EQUAL);
var SEMI = import_parsimmon2.default.regexp(abnf.SEMI);
var SWS2 = import_parsimmon2.default.regexp(abnf.SWS);
var genValue = import_parsimmon2.default.alt(import_parsimmon2.default.regexp(abnf.quotedString), wholeValue(abnf.IPv6address), wholeValue(abnf.host), token2);
function wholeValue(rule3) {
  return import_parsimmon2.default.regexp(new RegExp(`${rule3.source}(?=[ \\t\\r\\n;,]|$)`));
}
var genericParam = import_parsimmon2.default.seqMap(token2, EQUAL.then(genValue).times(0, 1), (name, values) => [name, values[0]]);
var genericParams = SEMI.then(genericParam).many();
var wholeParams = genericParams.skip(SWS2);
function parseParamsByGrammar(text) {
  const result = parseWhole(wholeParams, text);
  if ("offset" in result) throw grammarError("GRAMMAR_BAD_PARAMETERS", { offset: result.offset });
  return result.value;
}

// packages/grammar/src/params.ts
var PARAMS_MAX = 64;
var Params = class _Params {
  static none = new _Params([]);
  static #noneOfUri = new _Params([], "uri");
  #entries;
  #syntax;
  /** Takes entries that are already in the written form; {@link Params.of} quotes and checks. */
  constructor(entries, syntax = "header") {
    this.#entries = entries;
    this.#syntax = syntax;
  }
  /**
   * Parameters from plain values: quoted where they are no token, escaped in a URI.
   * @throws GRAMMAR_UNENCODABLE for a name that is no token or a value with a line break.
   */
  static of(values, syntax = "header") {
    let params = syntax === "uri" ? _Params.#noneOfUri : _Params.none;
    for (const [name, value] of Object.entries(values)) if (value !== false) params = params.with(name, value);
    return params;
  }
  get size() {
    return this.#entries.length;
  }
  has(name) {
    return this.#find(name) !== void 0;
  }
  /**
   * The value: without quotes and their escapes, or with percent escapes undone in a URI, as a byte string.
   * Empty for a parameter that is a name alone, `undefined` when there is none of that name.
   */
  get(name) {
    const entry = this.#find(name);
    if (entry === void 0) return void 0;
    const value = entry[1];
    if (value === void 0) return "";
    if (this.#syntax === "uri") return unescapeUri(value);
    return value.charCodeAt(0) === 34 ? unquoteValid(value) : value;
  }
  /** The value as it came; `undefined` for a name alone and for an absent parameter. */
  raw(name) {
    return this.#find(name)?.[1];
  }
  /** In the order they came. */
  entries() {
    return this.#entries;
  }
  [Symbol.iterator]() {
    return this.#entries[Symbol.iterator]();
  }
  /**
   * The same parameters with one replaced in its place, or appended.
   * @throws GRAMMAR_UNENCODABLE as {@link Params.of}
   */
  with(name, value) {
    if (value === false) return this.without(name);
    const written2 = [name, this.#write(name, value === void 0 || value === true ? void 0 : String(value))];
    const old = this.#find(name);
    const entries = old === void 0 ? [...this.#entries, written2] : this.#entries.map((entry) => entry === old ? written2 : entry);
    return new _Params(entries, this.#syntax);
  }
  without(name) {
    const old = this.#find(name);
    return old === void 0 ? this : new _Params(this.#entries.filter((entry) => entry !== old), this.#syntax);
  }
  /** `;name=value` for each, as they came; an empty text for none. */
  toString() {
    let text = "";
    for (const [name, value] of this.#entries) text += value === void 0 ? `;${name}` : `;${name}=${value}`;
    return text;
  }
  #find(name) {
    for (const entry of this.#entries) if (entry[0] === name) return entry;
    const wanted = name.toLowerCase();
    for (const entry of this.#entries) if (paramKey(entry[0], this.#syntax) === wanted) return entry;
    return void 0;
  }
  #write(name, value) {
    if (this.#syntax === "uri") {
      if (!uriParam.test(name)) throw grammarError("GRAMMAR_UNENCODABLE", { detail: "parameter name" });
      return value === void 0 ? void 0 : escapeParam(value);
    }
    if (!isToken(name)) throw grammarError("GRAMMAR_UNENCODABLE", { detail: "parameter name" });
    if (value === void 0 || isToken(value) || isHost(value) || isIPv6(value)) return value;
    return quote(value);
  }
};
var uriParam = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
var notParam = /[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/g;
function escapeParam(value) {
  if (value === "" || /[\u0100-\uffff]/.test(value)) throw grammarError("GRAMMAR_UNENCODABLE", { detail: "value of a URI parameter" });
  return value.replace(notParam, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}
function paramKey(name, syntax) {
  return (syntax === "uri" ? unescapeUri(name) : name).toLowerCase();
}
function parseParams(text) {
  if (text === "") return Params.none;
  const entries = parseParamsByLane(text, 0);
  return new Params(entries ?? checkedParams(parseParamsByGrammar(text), "header"));
}
function parseParamsByLane(text, from) {
  const entries = [];
  let at = from;
  while (at < text.length) {
    if (text.charCodeAt(at) !== 59) return void 0;
    const semicolon = text.indexOf(";", at + 1);
    const end2 = semicolon < 0 ? text.length : semicolon;
    const equal = text.indexOf("=", at + 1);
    const nameEnd = equal < 0 || equal > end2 ? end2 : equal;
    if (nameEnd === at + 1 || !allIn(text, at + 1, nameEnd, TOKEN)) return void 0;
    if (nameEnd < end2 && (nameEnd + 1 === end2 || !allIn(text, nameEnd + 1, end2, TOKEN))) return void 0;
    entries.push([text.slice(at + 1, nameEnd), nameEnd < end2 ? text.slice(nameEnd + 1, end2) : void 0]);
    at = end2;
  }
  return entries.length > 1 ? checkedParams(entries, "header") : entries;
}
function checkedParams(entries, syntax) {
  if (entries.length > PARAMS_MAX) throw grammarError("GRAMMAR_TOO_MANY_PARAMETERS", { detail: `more than ${PARAMS_MAX}` });
  const seen = /* @__PURE__ */ new Set();
  for (const [name] of entries) {
    const key = paramKey(name, syntax);
    if (seen.has(key)) throw grammarError("GRAMMAR_DUPLICATE_PARAMETER", { detail: key });
    seen.add(key);
  }
  return entries;
}

// packages/grammar/src/uri-grammar.ts
var import_parsimmon3 = __toESM(require_parsimmon(), 1);
var HOST_MAX2 = 255;
var PORT_MAX = 65535;
var escaped2 = abnf.escaped.source;
function characters(charClass) {
  return `(?:[${charClass}]|${escaped2})`;
}
var unreserved2 = "A-Za-z0-9\\-_.!~*'()";
var user = import_parsimmon3.default.regexp(new RegExp(`${characters(`${unreserved2}&=+$,;?/`)}+`));
var password = import_parsimmon3.default.regexp(new RegExp(`${characters(`${unreserved2}&=+$,`)}*`));
var host2 = import_parsimmon3.default.regexp(abnf.host).chain((text) => text.length <= HOST_MAX2 ? import_parsimmon3.default.succeed(text) : import_parsimmon3.default.fail("a host of at most 255 characters"));
var port = import_parsimmon3.default.regexp(abnf.port).chain((text) => Number(text) <= PORT_MAX ? import_parsimmon3.default.succeed(Number(text)) : import_parsimmon3.default.fail("a port up to 65535"));
var paramchar = characters(`${unreserved2}[\\]/:&+$`);
var pname = import_parsimmon3.default.regexp(new RegExp(`${paramchar}+`));
var pvalue = import_parsimmon3.default.regexp(new RegExp(`${paramchar}+`));
var uriParameter = import_parsimmon3.default.seqMap(
  import_parsimmon3.default.string(";").then(pname),
  import_parsimmon3.default.string("=").then(pvalue).times(0, 1),
  (name, values) => [name, values[0]]
);
var hnv = characters(`${unreserved2}[\\]/?:+$`);
var header = import_parsimmon3.default.seqMap(
  import_parsimmon3.default.regexp(new RegExp(`${hnv}+`)).skip(import_parsimmon3.default.string("=")),
  import_parsimmon3.default.regexp(new RegExp(`${hnv}*`)),
  (name, value) => [name, value]
);
var headers = import_parsimmon3.default.string("?").then(import_parsimmon3.default.sepBy1(header, import_parsimmon3.default.string("&")));
var userinfo = import_parsimmon3.default.seqMap(user, import_parsimmon3.default.string(":").then(password).times(0, 1), import_parsimmon3.default.string("@"), (name, passwords) => ({ user: name, password: passwords[0] }));
var uriParameters = uriParameter.many();
var sipUri = import_parsimmon3.default.seqMap(
  userinfo.times(0, 1),
  host2,
  import_parsimmon3.default.string(":").then(port).times(0, 1),
  uriParameters,
  headers.times(0, 1),
  (infos, hostText, ports, params, headerLists) => ({
    user: infos[0]?.user,
    password: infos[0]?.password,
    host: hostText,
    port: ports[0],
    params,
    headers: headerLists[0] ?? []
  })
);
var globalNumberDigits = import_parsimmon3.default.regexp(/\+[-.()]*[0-9][0-9\-.()]*/);
var localNumberDigits = import_parsimmon3.default.regexp(/[-.()]*[0-9A-Fa-f*#][0-9A-Fa-f*#\-.()]*/);
var telParameter = import_parsimmon3.default.seqMap(
  import_parsimmon3.default.regexp(/;([A-Za-z0-9-]+)/, 1),
  import_parsimmon3.default.string("=").then(pvalue).times(0, 1),
  (name, values) => [name, values[0]]
);
var uric = characters(`${unreserved2};/?:@&=+$,`);
var isdnSubaddress = import_parsimmon3.default.seqMap(
  import_parsimmon3.default.regexp(/;(isub)=/i, 1),
  import_parsimmon3.default.regexp(new RegExp(`(?:(?!;)${uric})+`)),
  (name, value) => [name, value]
);
var extension = import_parsimmon3.default.seqMap(import_parsimmon3.default.regexp(/;(ext)=/i, 1), import_parsimmon3.default.regexp(/[-.()]*[0-9][0-9\-.()]*(?=;|$)/), (name, value) => [name, value]);
var telParameters = import_parsimmon3.default.alt(isdnSubaddress, extension, telParameter).many();
var telUri = import_parsimmon3.default.seqMap(import_parsimmon3.default.alt(globalNumberDigits, localNumberDigits), telParameters, (digits, params) => ({ digits, params }));
var wholeHostname = new RegExp(`^${abnf.hostname.source}$`);
var wholeGlobalNumber = /^\+[-.()]*[0-9][0-9\-.()]*$/;
var imUri = import_parsimmon3.default.seqMap(
  import_parsimmon3.default.regexp(new RegExp(`${characters(`${unreserved2}&=+$,;/`)}+`)).skip(import_parsimmon3.default.string("@")),
  host2,
  headers.times(0, 1),
  (name, hostText, headerLists) => ({ user: name, host: hostText, headers: headerLists[0] ?? [] })
);
var scheme = /^([A-Za-z][A-Za-z0-9+\-.]*):/;
var otherUri = new RegExp(`^${characters(`${unreserved2};/?:@&=+$,[\\]#`)}+$`);
function parseUriByGrammar(text) {
  const found = scheme.exec(text);
  if (found === null) throw grammarError("GRAMMAR_BAD_URI", { detail: "no scheme", offset: 0 });
  const name = found[1].toLowerCase();
  const rest = text.slice(name.length + 1);
  if (name === "sip" || name === "sips") return readSipUri(name, rest, text);
  if (name === "tel") return readTelUri(rest, text);
  if ((name === "im" || name === "pres") && rest.includes("@")) return readImUri(name, rest, text);
  return readOtherUri(name, rest, text);
}
function readSipUri(name, rest, text) {
  const { params, ...parts } = read(sipUri, name, rest);
  return { scheme: name, ...parts, params: new Params(checkedParams(params, "uri"), "uri"), text };
}
function readTelUri(rest, text) {
  const { digits, params: entries } = read(telUri, "tel", rest);
  const params = new Params(checkedParams(entries, "uri"), "uri");
  const context = params.raw("phone-context");
  const global = digits.startsWith("+");
  if (!global && context === void 0) {
    throw grammarError("GRAMMAR_BAD_URI", { detail: "a local number without phone-context", section: "RFC 3966 \xA75.1.5" });
  }
  if (context !== void 0 && !wholeHostname.test(context) && !wholeGlobalNumber.test(context)) {
    throw grammarError("GRAMMAR_BAD_URI", { detail: "phone-context", section: "RFC 3966 \xA73" });
  }
  const phoneContext = context?.startsWith("+") === true ? withoutSeparators(context) : context;
  return { scheme: "tel", number: withoutSeparators(digits), global, phoneContext, params, text };
}
function readImUri(name, rest, text) {
  return { scheme: name, ...read(imUri, name, rest), text };
}
function readOtherUri(name, rest, text) {
  if (!otherUri.test(rest)) throw grammarError("GRAMMAR_BAD_URI", { detail: `after ${name}:`, offset: name.length + 1 });
  return { scheme: "other", name, text };
}
function read(parser, name, rest) {
  const result = parseWhole(parser, rest);
  if ("value" in result) return result.value;
  throw grammarError("GRAMMAR_BAD_URI", { offset: name.length + 1 + result.offset });
}
function withoutSeparators(digits) {
  return digits.replace(/[-.()]/g, "");
}

// packages/grammar/src/uri-fast-lane.ts
var HOST_MAX3 = 255;
var COLON = 58;
var SEMICOLON = 59;
var DOT = 46;
var HYPHEN = 45;
var noParams = new Params([], "uri");
function parseSipUriByLane(text) {
  if (!text.startsWith("sip")) return void 0;
  const start2 = text.charCodeAt(3) === COLON ? 4 : text.startsWith("s:", 3) ? 5 : 0;
  if (start2 === 0) return void 0;
  const at = text.indexOf("@", start2);
  if (at === start2) return void 0;
  for (let i = start2; i < at; i++) if ((CLASSES[text.charCodeAt(i)] & USER) === 0) return void 0;
  const hostStart = at < 0 ? start2 : at + 1;
  const hostEnd2 = endOfHost(text, hostStart);
  if (hostEnd2 < 0) return void 0;
  let port4;
  let next = hostEnd2;
  if (text.charCodeAt(next) === COLON) {
    const portEnd = endOfDigits(text, next + 1);
    if (portEnd === next + 1 || portEnd > next + 6) return void 0;
    port4 = Number(text.slice(next + 1, portEnd));
    if (port4 > 65535) return void 0;
    next = portEnd;
  }
  const params = next === text.length ? noParams : readParams(text, next);
  if (params === void 0) return void 0;
  return {
    scheme: start2 === 4 ? "sip" : "sips",
    user: at < 0 ? void 0 : text.slice(start2, at),
    password: void 0,
    host: text.slice(hostStart, hostEnd2),
    port: port4,
    params,
    headers: [],
    text
  };
}
function endOfDigits(text, from) {
  let at = from;
  while (at < text.length && (CLASSES[text.charCodeAt(at)] & DIGIT2) !== 0) at++;
  return at;
}
function endOfHost(text, from) {
  let at = from;
  let labelStart = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((CLASSES[code] & ALPHANUM) !== 0) continue;
    if (code === HYPHEN) {
      if (at === labelStart) return -1;
    } else if (code === DOT) {
      if (at === labelStart || text.charCodeAt(at - 1) === HYPHEN) return -1;
      labelStart = at + 1;
    } else {
      break;
    }
  }
  if (at === labelStart || at - from > HOST_MAX3 || text.charCodeAt(at - 1) === HYPHEN) return -1;
  const startsWithDigit = (CLASSES[text.charCodeAt(labelStart)] & DIGIT2) !== 0;
  return !startsWithDigit || isPlainIPv4(text, from, at) ? at : -1;
}
function isPlainIPv4(text, from, to2) {
  let numbers2 = 1;
  let value = 0;
  let digits = 0;
  for (let at = from; at < to2; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      numbers2++;
      value = 0;
      digits = 0;
      continue;
    }
    if ((CLASSES[code] & DIGIT2) === 0) return false;
    value = value * 10 + code - 48;
    if (++digits > 3 || value > 255) return false;
  }
  return numbers2 === 4;
}
function readParams(text, from) {
  const entries = [];
  let at = from;
  while (at < text.length) {
    if (text.charCodeAt(at) !== SEMICOLON) return void 0;
    const nameEnd = endOfParam(text, at + 1);
    if (nameEnd === at + 1) return void 0;
    const name = text.slice(at + 1, nameEnd);
    let value;
    at = nameEnd;
    if (text.charCodeAt(nameEnd) === 61) {
      at = endOfParam(text, nameEnd + 1);
      if (at === nameEnd + 1) return void 0;
      value = text.slice(nameEnd + 1, at);
    }
    if (entries.length > 8 || isIn(entries, name)) return void 0;
    entries.push([name, value]);
  }
  return new Params(entries, "uri");
}
function endOfParam(text, from) {
  let at = from;
  while (at < text.length && (CLASSES[text.charCodeAt(at)] & PARAM) !== 0) at++;
  return at;
}
function isIn(entries, name) {
  if (entries.length === 0) return false;
  const key = name.toLowerCase();
  for (const entry of entries) if (entry[0].toLowerCase() === key) return true;
  return false;
}

// packages/grammar/src/uri.ts
var URI_MAX = 4096;
function parseUri(text, options2) {
  if (text.length > (options2?.maxLength ?? URI_MAX)) throw grammarError("GRAMMAR_URI_TOO_LONG", { detail: `${text.length} octets` });
  return parseSipUriByLane(text) ?? parseUriByGrammar(text);
}
function isSipUri(uri2) {
  return uri2.scheme === "sip" || uri2.scheme === "sips";
}
function formatUri(uri2) {
  if (!isSipUri(uri2)) return uri2.text;
  const password2 = uri2.password === void 0 ? "" : `:${uri2.password}`;
  const userinfo3 = uri2.user === void 0 ? "" : `${uri2.user}${password2}@`;
  const port4 = uri2.port === void 0 ? "" : `:${uri2.port}`;
  const headers2 = uri2.headers.length === 0 ? "" : `?${uri2.headers.map(([name, value]) => `${name}=${value}`).join("&")}`;
  return `${uri2.scheme}:${userinfo3}${uri2.host}${port4}${uri2.params.toString()}${headers2}`;
}

// packages/grammar/src/uri-equals.ts
function uriEquals(a, b) {
  if (isSipUri(a)) return isSipUri(b) && sipUriEquals(a, b);
  if (a.scheme === "tel") return b.scheme === "tel" && telUriEquals(a, b);
  if (a.scheme === "other") return b.scheme === "other" && a.name === b.name && a.text.slice(a.name.length) === b.text.slice(b.name.length);
  return (b.scheme === "im" || b.scheme === "pres") && imUriEquals(a, b);
}
function sipUriEquals(a, b) {
  return a.scheme === b.scheme && sameText(a.user, b.user) && sameText(a.password, b.password) && canonicalHost(a.host) === canonicalHost(b.host) && a.port === b.port && sameUriParams(a.params, b.params) && sameHeaders(a.headers, b.headers);
}
function sameText(a, b) {
  return a === b || a !== void 0 && b !== void 0 && canonicalEscapes(a) === canonicalEscapes(b);
}
var MUST_BE_IN_BOTH = ["user", "ttl", "method", "maddr", "transport"];
function sameUriParams(a, b) {
  if (a.size === 0 && b.size === 0) return true;
  if (MUST_BE_IN_BOTH.some((name) => a.has(name) !== b.has(name))) return false;
  return a.entries().every(([name, value]) => {
    const key = paramKey(name, "uri");
    return !b.has(key) || sameParamValue(key, value, b.raw(key));
  });
}
function sameParamValue(key, a, b) {
  if (a === void 0 || b === void 0) return a === b;
  if (key === "method") return canonicalEscapes(a) === canonicalEscapes(b);
  return canonicalEscapes(a).toLowerCase() === canonicalEscapes(b).toLowerCase();
}
function sameHeaders(a, b) {
  if (a.length !== b.length) return false;
  if (a.length === 0) return true;
  const ours = a.map(canonicalHeader).sort();
  const theirs = b.map(canonicalHeader).sort();
  return ours.every((header2, i) => header2 === theirs[i]);
}
function canonicalHeader([name, value]) {
  const key = unescapeUri(name).toLowerCase();
  const text = canonicalEscapes(value);
  const keepsCase = key === "body" || key === "call-id" || key === "i";
  return `${key}=${keepsCase ? text : lowerCaseOutsideQuotes(text)}`;
}
function lowerCaseOutsideQuotes(text) {
  return text.split("%22").map((part, i) => i % 2 === 0 ? part.toLowerCase() : part).join("%22");
}
function telUriEquals(a, b) {
  if (a.global !== b.global || a.number.toLowerCase() !== b.number.toLowerCase() || a.params.size !== b.params.size) return false;
  return a.params.entries().every(([name, value]) => {
    const key = paramKey(name, "uri");
    return b.params.has(key) && canonicalTelValue(key, value) === canonicalTelValue(key, b.params.raw(key));
  });
}
function canonicalTelValue(key, value) {
  const digits = value !== void 0 && (key === "ext" || key === "phone-context" && value.startsWith("+"));
  return digits ? withoutSeparators(value) : value === void 0 ? void 0 : canonicalEscapes(value).toLowerCase();
}
function imUriEquals(a, b) {
  return a.scheme === b.scheme && sameText(a.user, b.user) && canonicalHost(a.host) === canonicalHost(b.host) && sameHeaders(a.headers, b.headers);
}
function aorOf(uri2) {
  if (uri2.scheme === "other") return uri2.text;
  if (uri2.scheme === "tel") {
    const context = uri2.phoneContext === void 0 ? "" : `;phone-context=${uri2.phoneContext}`;
    return `tel:${uri2.number}${context}`.toLowerCase();
  }
  const host4 = canonicalHost(uri2.host);
  return uri2.user === void 0 ? `${uri2.scheme}:${host4}` : `${uri2.scheme}:${canonicalUser(uri2.user)}@${host4}`;
}

// packages/grammar/src/name-addr-grammar.ts
var import_parsimmon4 = __toESM(require_parsimmon(), 1);
var SWS3 = import_parsimmon4.default.regexp(abnf.SWS);
var LAQUOT2 = import_parsimmon4.default.regexp(abnf.LAQUOT);
var RAQUOT = import_parsimmon4.default.regexp(abnf.RAQUOT);
var quotedString2 = import_parsimmon4.default.regexp(abnf.quotedString);
var words = import_parsimmon4.default.regexp(new RegExp(`${abnf.token.source}(?:${abnf.LWS.source}${abnf.token.source})*`));
var displayName = import_parsimmon4.default.alt(quotedString2, words);
var angledUri = import_parsimmon4.default.regexp(/[A-Za-z][A-Za-z0-9+\-.]*:[!#-;=?-~]+/);
var bareUri = import_parsimmon4.default.regexp(/[A-Za-z][A-Za-z0-9+\-.]*:[!#-+\--:=@-~]+/);
var nameAddr = import_parsimmon4.default.seqMap(
  displayName.times(0, 1),
  LAQUOT2.then(angledUri).skip(RAQUOT),
  (displays, uriText) => ({ display: displays[0], uriText })
);
var addrSpec = bareUri.map((uriText) => ({ display: void 0, uriText }));
var anyDisplayName = import_parsimmon4.default.regexp(/[^<\r\n]*[^<\r\n \t]/);
var blanks = import_parsimmon4.default.regexp(/[ \t]*/);
var liberalNameAddr = import_parsimmon4.default.seqMap(
  anyDisplayName.times(0, 1),
  LAQUOT2.then(blanks).then(angledUri).skip(blanks).skip(RAQUOT),
  (displays, uriText) => ({ display: displays[0], uriText })
);
var strict = import_parsimmon4.default.seq(SWS3.then(import_parsimmon4.default.alt(nameAddr, addrSpec)), genericParams.skip(SWS3));
var liberal = import_parsimmon4.default.seq(SWS3.then(import_parsimmon4.default.alt(nameAddr, addrSpec, liberalNameAddr)), genericParams.skip(SWS3));
function parseNameAddrByGrammar(text, isLiberal = false) {
  const result = parseWhole(isLiberal ? liberal : strict, text);
  if ("offset" in result) throw grammarError("GRAMMAR_BAD_NAME_ADDR", { offset: result.offset });
  const [address2, params] = result.value;
  return { ...address2, params: checkedParams(params, "header") };
}

// packages/grammar/src/name-addr-fast-lane.ts
var SPACE = 32;
var DQUOTE2 = 34;
var COMMA2 = 44;
var COLON2 = 58;
var SEMICOLON2 = 59;
var LAQUOT3 = 60;
var EQUAL2 = 61;
var RAQUOT2 = 62;
var QUESTION = 63;
function parseNameAddrByLane(text) {
  let display;
  let open = 0;
  const first2 = text.charCodeAt(0);
  if (first2 === DQUOTE2) {
    const close = endOf(text, 1, QDTEXT);
    if (text.charCodeAt(close) !== DQUOTE2) return void 0;
    open = text.charCodeAt(close + 1) === SPACE ? close + 2 : close + 1;
    display = text.slice(0, close + 1);
  } else if (first2 !== LAQUOT3) {
    open = endOf(text, 0, TOKEN);
    if (text.charCodeAt(open) === COLON2) return readAddrSpec(text, open);
    if (open === 0) return void 0;
    display = text.slice(0, open);
    if (text.charCodeAt(open) === SPACE) open++;
  }
  if (text.charCodeAt(open) !== LAQUOT3) return void 0;
  const uriStart = open + 1;
  const uriEnd = endOf(text, uriStart, ANGLED);
  if (text.charCodeAt(uriEnd) !== RAQUOT2 || !hasScheme(text, uriStart, uriEnd) || !isSimpleParam(text, uriEnd + 1)) return void 0;
  return { display, uriText: text.slice(uriStart, uriEnd), params: text.slice(uriEnd + 1) };
}
function readAddrSpec(text, colon) {
  if (!hasScheme(text, 0, text.length)) return void 0;
  let end2 = colon + 1;
  for (; end2 < text.length; end2++) {
    const code = text.charCodeAt(end2);
    if (code === SEMICOLON2) break;
    if (code === COMMA2 || code === QUESTION || (CLASSES[code] & ANGLED) === 0) return void 0;
  }
  if (end2 === colon + 1 || !isSimpleParam(text, end2)) return void 0;
  return { display: void 0, uriText: text.slice(0, end2), params: text.slice(end2) };
}
function endOf(text, from, charClass) {
  let at = from;
  while (at < text.length && (CLASSES[text.charCodeAt(at)] & charClass) !== 0) at++;
  return at;
}
function hasScheme(text, from, to2) {
  const colon = endOf(text, from, ALPHANUM);
  return colon > from && text.charCodeAt(from) >= 65 && text.charCodeAt(colon) === COLON2 && colon + 1 < to2;
}
function isSimpleParam(text, from) {
  if (from === text.length) return true;
  if (text.charCodeAt(from) !== SEMICOLON2) return false;
  const nameEnd = endOf(text, from + 1, TOKEN);
  if (nameEnd === from + 1) return false;
  if (nameEnd === text.length) return true;
  if (text.charCodeAt(nameEnd) !== EQUAL2 || nameEnd + 1 === text.length) return false;
  return endOf(text, nameEnd + 1, TOKEN) === text.length;
}

// packages/grammar/src/name-addr.ts
var NAME_ADDR_MAX = 8192;
var NameAddr = class {
  /** The URI as it came. */
  uriText;
  #display;
  #paramsText;
  #params;
  #uri;
  #displayName;
  constructor(parts) {
    this.uriText = parts.uriText;
    this.#display = parts.display;
    if (typeof parts.params === "string") {
      this.#paramsText = parts.params;
    } else {
      this.#paramsText = "";
      this.#params = new Params(parts.params);
    }
  }
  /** The display name as text: unquoted, unescaped, decoded from UTF-8; `undefined` when there is none. */
  get displayName() {
    if (this.#display === void 0) return void 0;
    this.#displayName ??= byteStringToText(this.#display.charCodeAt(0) === 34 ? unquoteValid(this.#display) : this.#display);
    return this.#displayName;
  }
  /** The URI, read when first asked for. @throws as `parseUri` */
  get uri() {
    this.#uri ??= parseUri(this.uriText);
    return this.#uri;
  }
  /** The parameters of the header field, such as `tag`; those of the URI are in `uri`. */
  get params() {
    this.#params ??= this.#paramsText === "" ? Params.none : new Params(parseParamsByLane(this.#paramsText, 0) ?? []);
    return this.#params;
  }
};
function parseNameAddr(text, options2) {
  if (text.length > (options2?.maxLength ?? NAME_ADDR_MAX)) {
    throw grammarError("GRAMMAR_NAME_ADDR_TOO_LONG", { detail: `${text.length} octets` });
  }
  return new NameAddr(parseNameAddrByLane(text) ?? parseNameAddrByGrammar(text, options2?.liberal ?? false));
}
var notAngled = /[^!#-;=?-~]/;
function formatNameAddr(address2) {
  const uri2 = address2.uriText ?? (typeof address2.uri === "object" ? formatUri(address2.uri) : address2.uri);
  if (uri2 === void 0 || uri2 === "" || notAngled.test(uri2)) throw grammarError("GRAMMAR_UNENCODABLE", { detail: "URI of a name-addr" });
  const name = address2.displayName === void 0 ? "" : `${quote(textToByteString(address2.displayName))} `;
  return `${name}<${uri2}>${address2.params === void 0 ? "" : address2.params.toString()}`;
}

// packages/msrp/src/errors.ts
var msrpErrors = {
  MSRP_NOT_MSRP: {
    meaning: "The stream holds no MSRP start line where one must stand; close the connection",
    fault: "remote",
    section: "RFC 4975 \xA79"
  },
  MSRP_START_LINE_TOO_LONG: {
    meaning: "A start line exceeds the limit; close the connection",
    fault: "remote",
    section: "RFC 4975 \xA79"
  },
  MSRP_STREAM_DEAD: {
    meaning: "The decoder gave up on this stream before and takes no more octets",
    fault: "local"
  },
  MSRP_BAD_START_LINE: {
    meaning: "The start line is not that of an MSRP request or response",
    fault: "remote",
    status: 400,
    section: "RFC 4975 \xA79"
  },
  MSRP_BAD_HEADER: {
    meaning: "A header field does not follow its syntax",
    fault: "remote",
    status: 400,
    section: "RFC 4975 \xA79"
  },
  MSRP_DUPLICATE_HEADER: {
    meaning: "A header field that may stand once stands twice",
    fault: "remote",
    status: 400,
    section: "RFC 4975 \xA79"
  },
  MSRP_MISSING_PATH: {
    meaning: "To-Path and From-Path must be the first two header fields",
    fault: "remote",
    status: 400,
    section: "RFC 4975 \xA79"
  },
  MSRP_RESPONSE_WITH_BODY: {
    meaning: "A response cannot have a body",
    fault: "remote",
    status: 400,
    section: "RFC 4975 \xA79"
  },
  MSRP_HEAD_TOO_LARGE: {
    meaning: "The start line and header fields of a frame exceed the limit",
    fault: "remote",
    status: 400
  },
  MSRP_TOO_MANY_HEADERS: {
    meaning: "A frame has more header fields than the limit",
    fault: "remote",
    status: 400
  },
  MSRP_PATH_TOO_LONG: {
    meaning: "A To-Path or From-Path has more URIs than the limit",
    fault: "remote",
    status: 400
  },
  MSRP_BAD_URI: {
    meaning: "Not an MSRP URI",
    fault: "remote",
    status: 400,
    section: "RFC 4975 \xA79"
  },
  MSRP_CANNOT_ENCODE: {
    meaning: "A value to be sent does not fit the syntax of its place in a frame",
    fault: "local",
    section: "RFC 4975 \xA79"
  },
  MSRP_CHUNK_MISUSED: {
    meaning: "A chunk was opened, filled or closed against the order or the range it announced",
    fault: "local",
    section: "RFC 4975 \xA77.1.1"
  },
  MSRP_MESSAGE_TOO_LARGE: {
    meaning: "A message is larger than the limit",
    fault: "remote",
    status: 413,
    section: "RFC 4975 \xA710.5"
  },
  MSRP_GAP_TOO_LARGE: {
    meaning: "Too many octets of a message arrived before the ones they follow",
    fault: "remote",
    status: 413,
    section: "RFC 4975 \xA77.3.1"
  },
  MSRP_TOO_MANY_INTERVALS: {
    meaning: "A message arrived in more separate pieces than the limit",
    fault: "remote",
    status: 413,
    section: "RFC 4975 \xA77.3.1"
  },
  MSRP_BEYOND_TOTAL: {
    meaning: "A chunk lies beyond the end of its message",
    fault: "remote",
    status: 400,
    section: "RFC 4975 \xA77.3.1"
  },
  MSRP_MESSAGE_ABORTED: {
    meaning: "The sender gave the message up",
    fault: "remote",
    section: "RFC 4975 \xA77.1"
  },
  MSRP_NO_SESSION: {
    meaning: "No session has the URI this request is for",
    fault: "remote",
    status: 481,
    section: "RFC 4975 \xA77.3"
  },
  MSRP_SESSION_ELSEWHERE: {
    meaning: "The session is bound to another connection",
    fault: "remote",
    status: 506,
    section: "RFC 4975 \xA75.4"
  },
  MSRP_UNKNOWN_METHOD: {
    meaning: "The session does not know the method",
    fault: "remote",
    status: 501,
    section: "RFC 4975 \xA710.9"
  },
  MSRP_NO_MESSAGE_ID: {
    meaning: "A SEND with a body has no Message-ID",
    fault: "remote",
    status: 400,
    section: "RFC 4975 \xA77.1.1"
  },
  MSRP_UNACCEPTABLE_TYPE: {
    meaning: "The session does not take this media type",
    fault: "remote",
    status: 415,
    section: "RFC 4975 \xA710.6"
  },
  MSRP_TOO_MANY_MESSAGES: {
    meaning: "More messages are incomplete at the same time than the session allows",
    fault: "remote",
    status: 413,
    section: "RFC 4975 \xA710.5"
  },
  MSRP_MESSAGE_UNWANTED: {
    meaning: "The reader gave the message up",
    fault: "local",
    status: 413,
    section: "RFC 4975 \xA710.5"
  },
  MSRP_REFUSED_BY_PEER: {
    meaning: "The peer answered or reported a failure; the status says which",
    fault: "remote",
    section: "RFC 4975 \xA710"
  },
  MSRP_RESPONSE_TIMEOUT: {
    meaning: "No response came within 30 seconds; the message probably failed",
    fault: "remote",
    status: 408,
    section: "RFC 4975 \xA77.1.1"
  },
  MSRP_REPORT_MISSING: {
    meaning: "No success REPORT came while the message was remembered",
    fault: "remote",
    section: "RFC 4975 \xA77.1.1"
  },
  MSRP_SEND_ABORTED: {
    meaning: "The caller gave the message up",
    fault: "local",
    section: "RFC 4975 \xA77.1"
  },
  MSRP_BODY_FAILED: {
    meaning: "The source of a body failed, or gave more or fewer octets than announced",
    fault: "local",
    section: "RFC 4975 \xA77.1"
  },
  MSRP_TYPE_NOT_OFFERED: {
    meaning: "The peer did not offer to take this media type",
    fault: "local",
    section: "RFC 4975 \xA78.6"
  },
  MSRP_CONNECTION_LOST: {
    meaning: "The connection of the session ended",
    fault: "remote",
    section: "RFC 4975 \xA75.4"
  },
  MSRP_CONNECTION_REFUSED: {
    meaning: "The connection named no session in time, or too many such connections were open",
    fault: "remote",
    section: "RFC 4975 \xA75.4"
  },
  MSRP_SESSION_CLOSED: {
    meaning: "The session was closed on this side",
    fault: "local"
  },
  MSRP_SESSION_MISUSED: {
    meaning: "The session cannot do this in its present state",
    fault: "local"
  },
  MSRP_SCHEME_MISMATCH: {
    meaning: "The peer wants TLS and this endpoint has none, or the other way round",
    fault: "remote",
    status: 488,
    section: "RFC 4975 \xA75.4"
  },
  MSRP_SDP_TOO_LARGE: {
    meaning: "A session description exceeds a limit",
    fault: "remote",
    status: 400
  },
  MSRP_SDP_INVALID: {
    meaning: "A session description does not follow its syntax",
    fault: "remote",
    status: 400,
    section: "RFC 4566 \xA75"
  },
  MSRP_SDP_NO_MEDIA: {
    meaning: "The session description has no m=message line over MSRP",
    fault: "remote",
    status: 488,
    section: "RFC 4975 \xA78.1"
  },
  MSRP_SDP_NO_PATH: {
    meaning: "The m=message section has no path attribute",
    fault: "remote",
    status: 488,
    section: "RFC 4975 \xA78.2"
  },
  MSRP_SDP_NO_ACCEPT_TYPES: {
    meaning: "The m=message section has no accept-types attribute",
    fault: "remote",
    status: 488,
    section: "RFC 4975 \xA78.6"
  },
  MSRP_SDP_SETUP: {
    meaning: "The value of a=setup is not allowed here",
    fault: "remote",
    status: 488,
    section: "RFC 6135 \xA74.2.2"
  },
  MSRP_SDP_NOT_WRITABLE: {
    meaning: "A value for a session description holds characters that would break its line",
    fault: "local",
    section: "RFC 4566 \xA75"
  }
};
var msrpError = defineErrors(msrpErrors);

// packages/msrp/src/limits.ts
var defaultMsrpLimits = {
  maxStartLine: 512,
  maxHead: 16384,
  maxHeaders: 64,
  maxPathUris: 32
};

// packages/msrp/src/grammar.ts
var import_parsimmon5 = __toESM(require_parsimmon(), 1);
var ALPHA2 = import_parsimmon5.default.regexp(/[A-Za-z]/);
var ALPHANUM2 = import_parsimmon5.default.regexp(/[A-Za-z0-9]/);
var SP = import_parsimmon5.default.string(" ");
var token3 = import_parsimmon5.default.regexp(/[\x21\x23-\x27*+\-.0-9A-Z\x5e-\x7e]+/);
var UTF8_NONASCII = [
  "[\\xc0-\\xdf][\\x80-\\xbf]",
  "[\\xe0-\\xef][\\x80-\\xbf]{2}",
  "[\\xf0-\\xf7][\\x80-\\xbf]{3}",
  "[\\xf8-\\xfb][\\x80-\\xbf]{4}",
  "[\\xfc\\xfd][\\x80-\\xbf]{5}"
].join("|");
var utf8text = import_parsimmon5.default.regexp(new RegExp(`(?:[\\t\\x20-\\x7e]|${UTF8_NONASCII})*`));
var ident = import_parsimmon5.default.regexp(/[A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}/);
var method = import_parsimmon5.default.regexp(/[A-Z]+/);
var statusCode = import_parsimmon5.default.regexp(/[0-9]{3}/).map(Number);
var comment = utf8text;
var mayBe = (parser) => import_parsimmon5.default.alt(parser, import_parsimmon5.default.succeed(void 0));
var msrpScheme = import_parsimmon5.default.alt(import_parsimmon5.default.regexp(/msrps/i), import_parsimmon5.default.regexp(/msrp/i)).map((scheme2) => scheme2.toLowerCase());
var userinfo2 = import_parsimmon5.default.regexp(/((?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*)@/, 1);
var ipLiteral = import_parsimmon5.default.regexp(/\[(?:[0-9A-Fa-f:.]{2,}|v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+)\]/i);
var regName = import_parsimmon5.default.regexp(/(?:[A-Za-z0-9\-._~!$&'()*+,=]|%[0-9A-Fa-f]{2})+/);
var port2 = import_parsimmon5.default.regexp(/:([0-9]{1,5})/, 1).map(Number).chain((value) => value <= 65535 ? import_parsimmon5.default.succeed(value) : import_parsimmon5.default.fail("a port up to 65535"));
var sessionId = import_parsimmon5.default.regexp(/\/([A-Za-z0-9\-._~+=/]+)/, 1);
var transport = ALPHANUM2.atLeast(1).tie();
var uriParameter2 = import_parsimmon5.default.seqMap(token3, mayBe(import_parsimmon5.default.string("=").then(token3)), (name, value) => [name, value]);
var msrpUri = import_parsimmon5.default.seqObj(
  ["scheme", msrpScheme],
  import_parsimmon5.default.string("://"),
  ["userinfo", mayBe(userinfo2)],
  ["host", import_parsimmon5.default.alt(ipLiteral, regName)],
  ["port", mayBe(port2)],
  ["sessionId", mayBe(sessionId)],
  import_parsimmon5.default.string(";"),
  ["transport", transport],
  ["parameters", import_parsimmon5.default.string(";").then(uriParameter2).many()]
);
var path = import_parsimmon5.default.sepBy1(msrpUri.mark().map(({ start: start2, end: end2 }) => [start2.offset, end2.offset]), SP);
var number = import_parsimmon5.default.regexp(/[0-9]+/).map(Number).chain((value) => Number.isSafeInteger(value) ? import_parsimmon5.default.succeed(value) : import_parsimmon5.default.fail("a number below 2^53"));
var numberOrStar = import_parsimmon5.default.alt(number, import_parsimmon5.default.string("*").result(void 0));
var byteRange = import_parsimmon5.default.seqObj(["start", number], import_parsimmon5.default.string("-"), ["end", numberOrStar], import_parsimmon5.default.string("/"), ["total", numberOrStar]);
var successReport = import_parsimmon5.default.regexp(/yes|no/i).map((value) => value.toLowerCase() === "yes");
var failureReport = import_parsimmon5.default.regexp(/yes|no|partial/i).map((value) => value.toLowerCase());
var namespace = import_parsimmon5.default.regexp(/[0-9]{3}/);
var status = import_parsimmon5.default.seqMap(namespace, SP, statusCode, mayBe(SP.then(comment)), (space, _sp, code, text) => ({
  namespace: space,
  code,
  ...text === void 0 ? {} : { comment: text }
}));
var quotedString3 = import_parsimmon5.default.regexp(/"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xfd]|\\["\\])*"/);
var genParam = import_parsimmon5.default.seq(token3, mayBe(import_parsimmon5.default.string("=").then(import_parsimmon5.default.alt(quotedString3, token3))));
var mediaType = import_parsimmon5.default.seq(token3, import_parsimmon5.default.string("/"), token3, import_parsimmon5.default.regexp(/ *; */).then(genParam).many());
var reqStart = import_parsimmon5.default.seqMap(import_parsimmon5.default.string("MSRP "), ident, SP, method, (_msrp, transactionId, _sp, name) => ({
  transactionId,
  method: name,
  status: void 0,
  comment: void 0
}));
var respStart = import_parsimmon5.default.seqMap(import_parsimmon5.default.string("MSRP "), ident, SP, statusCode, mayBe(SP.then(comment)), (_msrp, transactionId, _sp, code, text) => ({
  transactionId,
  method: void 0,
  status: code,
  comment: text
}));
var startLine = import_parsimmon5.default.alt(reqStart, respStart);
var hname = import_parsimmon5.default.seq(ALPHA2, mayBe(token3));
var END = "\n";
var end = import_parsimmon5.default.string(END).desc("the end");
function rule2(parser) {
  const whole = parser.skip(end);
  return (text) => {
    const result = whole.parse(text + END);
    return result.status ? { value: result.value } : { at: result.index.offset, expected: result.expected.join(" or ") };
  };
}
var startLineRule = rule2(startLine);
var msrpUriRule = rule2(msrpUri);
var pathRule = rule2(path);
var identRule = rule2(ident);
var byteRangeRule = rule2(byteRange);
var successReportRule = rule2(successReport);
var failureReportRule = rule2(failureReport);
var statusRule = rule2(status);
var mediaTypeRule = rule2(mediaType);
var hnameRule = rule2(hname);
var utf8textRule = rule2(utf8text);

// packages/msrp/src/uri.ts
function parseMsrpUri(text) {
  const result = msrpUriRule(text);
  if ("at" in result) throw msrpError("MSRP_BAD_URI", { offset: result.at, detail: `expected ${result.expected}` });
  const { scheme: scheme2, host: host4, port: port4, sessionId: sessionId2, transport: transport2, parameters, userinfo: userinfo3 } = result.value;
  return {
    secure: scheme2 === "msrps",
    host: host4.startsWith("[") ? host4.slice(1, -1) : host4,
    ...port4 === void 0 ? {} : { port: port4 },
    ...sessionId2 === void 0 ? {} : { sessionId: sessionId2 },
    transport: transport2,
    parameters,
    ...userinfo3 === void 0 ? {} : { userinfo: userinfo3 },
    text
  };
}
function formatMsrpUri({ secure = false, host: host4, port: port4, sessionId: sessionId2, transport: transport2 = "tcp" }) {
  const authority = (host4.includes(":") ? `[${host4}]` : host4) + (port4 === void 0 ? "" : `:${port4}`);
  return parseMsrpUri(`${secure ? "msrps" : "msrp"}://${authority}${sessionId2 === void 0 ? "" : `/${sessionId2}`};${transport2}`).text;
}
function msrpUriEquals(a, b) {
  return msrpUriKey(a) === msrpUriKey(b);
}
function sessionIdEquals(a, b) {
  const id = asUri(a).sessionId;
  return id !== void 0 && id === asUri(b).sessionId;
}
function msrpUriKey(uri2) {
  const { secure, host: host4, port: port4, sessionId: sessionId2, transport: transport2 } = asUri(uri2);
  return `${secure ? "msrps" : "msrp"}://${hostKey(host4)}:${port4 ?? ""}/${sessionId2 ?? ""};${transport2.toLowerCase()}`;
}
function asUri(uri2) {
  return typeof uri2 === "string" ? parseMsrpUri(uri2) : uri2;
}
function hostKey(host4) {
  if (host4.includes(":")) return ipv6Key(host4.toLowerCase());
  return decodeUnreserved(host4).toLowerCase();
}
function decodeUnreserved(text) {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (whole, hex2) => {
    const character = String.fromCharCode(parseInt(hex2, 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : whole;
  });
}
function ipv6Key(host4) {
  const hex2 = (high, low) => (Number(high) * 256 + Number(low)).toString(16);
  const ipv4 = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/;
  const text = host4.replace(ipv4, (_all, a, b, c, d) => `${hex2(a, b)}:${hex2(c, d)}`);
  const halves = text.split("::");
  if (halves.length > 2) return host4;
  const [head, tail] = halves.map((half) => half === "" ? [] : half.split(":"));
  const groups = tail === void 0 ? head : [...head, ...new Array(Math.max(0, 8 - head.length - tail.length)).fill("0"), ...tail];
  if (groups.length !== 8 || !groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return host4;
  return groups.map((group) => parseInt(group, 16).toString(16)).join(":");
}

// packages/msrp/src/frame.ts
var MsrpHead = class {
  transactionId;
  /** Of a request, such as `SEND`; `undefined` for a response. */
  method;
  /** Of a response, 000 to 999; `undefined` for a request. */
  status;
  comment;
  /** URIs from the next hop to the far end. */
  toPath;
  /** URIs from the previous hop to the sender. */
  fromPath;
  messageId;
  /** Where the chunk lies in its message. It never says how long the chunk is: count the body. */
  byteRange;
  /** False where the header is absent (RFC 4975 §7.1.1). */
  successReport;
  /** `yes` where the header is absent (RFC 4975 §7.1.1). */
  failureReport;
  /** The Status header of a REPORT. */
  statusHeader;
  contentType;
  /** True when a blank line followed, even if no octet of body does. */
  hasBody;
  #text;
  #fields;
  /** `text` is the start line and the header lines, each with its CRLF. */
  constructor(parts, text, hasBody) {
    this.transactionId = parts.transactionId;
    this.method = parts.method;
    this.status = parts.status;
    this.comment = parts.comment;
    this.toPath = parts.toPath;
    this.fromPath = parts.fromPath;
    this.messageId = parts.messageId;
    this.byteRange = parts.byteRange;
    this.successReport = parts.successReport;
    this.failureReport = parts.failureReport;
    this.statusHeader = parts.statusHeader;
    this.contentType = parts.contentType;
    this.hasBody = hasBody;
    this.#text = text;
  }
  /** All header fields in their order, the paths first. */
  get fields() {
    return this.#fields ??= splitFields(this.#text);
  }
  /** The value of the first field of that name; names have no case. */
  header(name) {
    const wanted = name.toLowerCase();
    return this.fields.find(([each]) => each.toLowerCase() === wanted)?.[1];
  }
};
function splitFields(text) {
  const fields2 = [];
  let at = text.indexOf("\r\n") + 2;
  while (at < text.length) {
    const lineEnd2 = text.indexOf("\r\n", at);
    const end2 = lineEnd2 < 0 ? text.length : lineEnd2;
    const colon = text.indexOf(": ", at);
    if (colon < 0 || colon > end2) fields2.push(["", text.slice(at, end2)]);
    else fields2.push([text.slice(at, colon), text.slice(colon + 2, end2)]);
    at = end2 + 2;
  }
  return fields2;
}

// packages/msrp/src/bytes-search.ts
var NodeBuffer2 = globalThis.Buffer;
function searchable(bytes) {
  if (NodeBuffer2 === void 0 || NodeBuffer2.isBuffer(bytes)) return bytes;
  return NodeBuffer2.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
var indexOfBytes = NodeBuffer2 === void 0 ? portableIndexOfBytes : (bytes, needle, from) => bytes.indexOf(needle, from);
function portableIndexOfBytes(bytes, needle, from) {
  const first2 = needle[0];
  for (let at = bytes.indexOf(first2, from); at >= 0; at = bytes.indexOf(first2, at + 1)) {
    let matched = 1;
    while (matched < needle.length && bytes[at + matched] === needle[matched]) matched++;
    if (matched === needle.length) return at;
  }
  return -1;
}

// packages/msrp/src/end-line.ts
var CR = 13;
var LF = 10;
var HYPHEN2 = 45;
var PREFIX = 9;
var LONG = 4096;
var MAX_TRANSACTION_ID = 64;
var EndLine = class {
  /** Octets of the whole, both CRLFs included. */
  length = 0;
  /** The flag of the last complete match. */
  flag = "$";
  #pattern = new Uint8Array(PREFIX + MAX_TRANSACTION_ID + 3);
  #flagAt = 0;
  #prefix;
  #withId;
  constructor() {
    this.#pattern.fill(HYPHEN2, 0, PREFIX);
    this.#pattern[0] = CR;
    this.#pattern[1] = LF;
    this.#prefix = this.#pattern.slice(0, PREFIX);
  }
  /** Sets the transaction id, which stands in `bytes` from `from` to before `to`. */
  expect(bytes, from, to2) {
    const size = to2 - from;
    if (size < 1 || size > MAX_TRANSACTION_ID) throw msrpError("MSRP_NOT_MSRP", { detail: "no transaction id" });
    const pattern = this.#pattern;
    for (let i = 0; i < size; i++) {
      const octet = bytes[from + i];
      if (octet <= 32 || octet >= 127) throw msrpError("MSRP_NOT_MSRP", { detail: "no transaction id" });
      pattern[PREFIX + i] = octet;
    }
    this.#flagAt = PREFIX + size;
    pattern[this.#flagAt + 1] = CR;
    pattern[this.#flagAt + 2] = LF;
    this.length = this.#flagAt + 3;
    this.#withId = void 0;
  }
  /** What to look for in `octets` octets of body: every end-line starts with it. The longer it is, the faster the search. */
  needle(octets) {
    if (octets < LONG) return this.#prefix;
    return this.#withId ??= this.#pattern.slice(0, this.#flagAt);
  }
  /**
   * Goes on with a match of which `matched` octets stand before `at`. Returns how many are matched then: `length` when it is
   * whole, fewer when the octets ended first, -1 when they do not fit.
   */
  match(bytes, at, matched) {
    const pattern = this.#pattern;
    const flagAt = this.#flagAt;
    const count = Math.min(this.length, matched + bytes.length - at);
    for (let i = matched; i < count; i++) {
      const octet = bytes[at + i - matched];
      if (i === flagAt ? octet !== 36 && octet !== 43 && octet !== 35 : octet !== pattern[i]) return -1;
      if (i === flagAt) pattern[i] = octet;
    }
    if (count === this.length) this.flag = pattern[flagAt] === 36 ? "$" : pattern[flagAt] === 43 ? "+" : "#";
    return count;
  }
  /** The octets `from` to before `to` of the match just made, for when they turn out to be body. */
  octets(from, to2) {
    return this.#pattern.slice(from, to2);
  }
};

// packages/msrp/src/fast-lane.ts
var CR2 = 13;
var STAR = 42;
var DIGIT_0 = 48;
var DIGIT_9 = 57;
var LETTER_B = 66;
var LETTER_C = 67;
var LETTER_F = 70;
var LETTER_M = 77;
var LETTER_S = 83;
var FastLaneMemory = class {
  /** "To-Path: ...CRLF" and "From-Path: ...CRLF" as in the last frame. */
  paths = "";
  toPath = [];
  fromPath = [];
  /** "Content-Type: ...CRLF" as in the last frame that had one. */
  typeLine = "";
  contentType = "";
};
var ident2 = "[A-Za-z0-9][A-Za-z0-9.\\-+%=]{3,31}";
var token4 = "[!#-'*+\\-.0-9A-Z^-~]+";
var uri = "msrps?:\\/\\/(?:[A-Za-z0-9.\\-]+|\\[[0-9A-Fa-f:]{2,}\\])(?::[0-9]{1,4})?(?:\\/[A-Za-z0-9\\-._~+=/]+)?;[A-Za-z0-9]+";
var uris = `${uri}(?: ${uri})*`;
var sticky = (source) => new RegExp(source, "y");
var startLine2 = sticky(`MSRP ${ident2} (?:[A-Z]+|[0-9]{3}(?: [\\t\\x20-\\x7e]*)?)\\r\\n`);
var pathLines = sticky(`To-Path: ${uris}\\r\\nFrom-Path: ${uris}\\r\\n`);
var messageIdLine = sticky(`Message-ID: ${ident2}\\r\\n`);
var byteRangeLine = sticky("Byte-Range: [0-9]{1,15}-(?:[0-9]{1,15}|\\*)\\/(?:[0-9]{1,15}|\\*)\\r\\n");
var statusLine = sticky("Status: [0-9]{3} [0-9]{3}(?: [\\t\\x20-\\x7e]*)?\\r\\n");
var contentTypeLine = sticky(`Content-Type: ${token4}\\/${token4}(?: *; *${token4}=${token4})*\\r\\n`);
function lineEnd(lines, text, at) {
  lines.lastIndex = at;
  return lines.test(text) ? lines.lastIndex : -1;
}
function readHeadFast(text, limits, memory) {
  let at = lineEnd(startLine2, text, 0);
  if (at < 0) return void 0;
  const space = text.indexOf(" ", 9);
  const isResponse = text.charCodeAt(space + 1) <= DIGIT_9;
  if (!standsAt(text, at, memory.paths)) {
    const end2 = lineEnd(pathLines, text, at);
    if (end2 < 0 || !rememberPaths(text.slice(at, end2), limits, memory)) return void 0;
  }
  let lines = 2;
  const { toPath, fromPath } = memory;
  const firstLine = at - 2;
  at += memory.paths.length;
  let messageId;
  let byteRange2;
  let success;
  let failure;
  let statusHeader;
  let contentType;
  while (at < text.length) {
    let end2 = -1;
    switch (text.charCodeAt(at)) {
      case LETTER_M:
        if (messageId !== void 0) return void 0;
        end2 = lineEnd(messageIdLine, text, at);
        messageId = text.slice(at + 12, end2 - 2);
        break;
      case LETTER_B:
        if (byteRange2 !== void 0) return void 0;
        end2 = lineEnd(byteRangeLine, text, at);
        if (end2 >= 0) byteRange2 = readByteRange(text, at + 12);
        break;
      case LETTER_C:
        if (contentType !== void 0) return void 0;
        end2 = standsAt(text, at, memory.typeLine) ? at + memory.typeLine.length : rememberType(text, at, memory);
        contentType = memory.contentType;
        break;
      case LETTER_F:
        if (failure !== void 0 || !text.startsWith("Failure-Report: ", at)) return void 0;
        failure = word(text, at + 16, "no") ?? word(text, at + 16, "yes") ?? word(text, at + 16, "partial");
        if (failure !== void 0) end2 = at + 18 + failure.length;
        break;
      case LETTER_S: {
        const status2 = lineEnd(statusLine, text, at);
        if (status2 >= 0) {
          if (statusHeader !== void 0) return void 0;
          statusHeader = readStatus(text.slice(at + 8, status2 - 2));
          end2 = status2;
          break;
        }
        if (success !== void 0 || !text.startsWith("Success-Report: ", at)) return void 0;
        success = word(text, at + 16, "no") ?? word(text, at + 16, "yes");
        if (success !== void 0) end2 = at + 18 + success.length;
        break;
      }
    }
    if (end2 < 0) return void 0;
    at = end2;
    lines++;
  }
  if (lines > limits.maxHeaders) return void 0;
  return {
    transactionId: text.slice(5, space),
    method: isResponse ? void 0 : text.slice(space + 1, firstLine),
    status: isResponse ? Number(text.slice(space + 1, space + 4)) : void 0,
    comment: isResponse && firstLine > space + 4 ? text.slice(space + 5, firstLine) : void 0,
    toPath,
    fromPath,
    messageId,
    byteRange: byteRange2,
    successReport: success === "yes",
    failureReport: failure ?? "yes",
    statusHeader,
    contentType
  };
}
function standsAt(text, at, wanted) {
  return wanted !== "" && text.slice(at, at + wanted.length) === wanted;
}
function rememberPaths(lines, limits, memory) {
  const toEnd = lines.indexOf("\r");
  const toPath = lines.slice("To-Path: ".length, toEnd).split(" ");
  const fromPath = lines.slice(toEnd + "\r\nFrom-Path: ".length, -2).split(" ");
  if (toPath.length > limits.maxPathUris || fromPath.length > limits.maxPathUris) return false;
  memory.paths = lines;
  memory.toPath = Object.freeze(toPath);
  memory.fromPath = Object.freeze(fromPath);
  return true;
}
function rememberType(text, at, memory) {
  const end2 = lineEnd(contentTypeLine, text, at);
  if (end2 < 0) return -1;
  memory.typeLine = text.slice(at, end2);
  memory.contentType = memory.typeLine.slice("Content-Type: ".length, -2);
  return end2;
}
function word(text, at, wanted) {
  return text.startsWith(wanted, at) && text.charCodeAt(at + wanted.length) === CR2 ? wanted : void 0;
}
function readStatus(value) {
  const status2 = { namespace: value.slice(0, 3), code: Number(value.slice(4, 7)) };
  return value.length > 7 ? { ...status2, comment: value.slice(8) } : status2;
}
function readByteRange(text, from) {
  const dash = text.indexOf("-", from);
  const slash = text.indexOf("/", dash);
  return { start: number2(text, from), end: numberOrStar2(text, dash + 1), total: numberOrStar2(text, slash + 1) };
}
function numberOrStar2(text, from) {
  return text.charCodeAt(from) === STAR ? void 0 : number2(text, from);
}
function number2(text, from) {
  let value = 0;
  for (let at = from; ; at++) {
    const digit = text.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}

// packages/msrp/src/head-scanner.ts
var CR3 = 13;
var LF2 = 10;
var SP2 = 32;
var HYPHEN3 = 45;
var MSRP = [77, 83, 82, 80, SP2];
var CRLF = 2;
var HeadScanner = class {
  /** Octets of start line and header lines. */
  textLength = 0;
  /** Octets of all that, and of the blank line or the end-line behind it. */
  length = 0;
  #limits;
  #endLine;
  /** Where the current line starts, and up to where it was searched for its end; both from the head's first octet. */
  #line = 0;
  #searched = 0;
  constructor(limits, endLine) {
    this.#limits = limits;
    this.#endLine = endLine;
  }
  reset() {
    this.#line = 0;
    this.#searched = 0;
  }
  /** Where the line starts that was under way when the head was found too large. */
  get line() {
    return this.#line;
  }
  /**
   * `bytes` from `from` on are the head so far: at each call the same ones and more. Throws when they cannot be the start of a
   * frame.
   */
  scan(bytes, from) {
    if (this.#line === 0 && !this.#startLine(bytes, from)) return "unknown";
    const { maxHead } = this.#limits;
    for (; ; ) {
      const line = from + this.#line;
      if (line >= bytes.length) return "unknown";
      const octet = bytes[line];
      if (octet === CR3) {
        if (line + 1 === bytes.length) return "unknown";
        if (bytes[line + 1] === LF2) return this.#found("body", 2);
      } else if (octet === HYPHEN3) {
        const matched = this.#endLine.match(bytes, line, CRLF);
        if (matched === this.#endLine.length) return this.#found("end-line", matched - CRLF);
        if (matched >= 0) return "unknown";
      }
      const next = this.#nextLine(bytes, from);
      if (next < 0 ? bytes.length - from >= maxHead : next > maxHead) return "too-large";
      if (next < 0) return "unknown";
      this.#line = next;
    }
  }
  #found(end2, length) {
    this.textLength = this.#line;
    this.length = this.#line + length;
    return end2;
  }
  /** Where the line after the current one starts, or -1. A lone LF ends no line. */
  #nextLine(bytes, from) {
    let at = bytes.indexOf(LF2, from + Math.max(this.#searched, this.#line));
    while (at > from && bytes[at - 1] !== CR3) at = bytes.indexOf(LF2, at + 1);
    this.#searched = (at < 0 ? bytes.length : at + 1) - from;
    return at < 0 ? -1 : this.#searched;
  }
  // RFC 4975 §9: pMSRP SP transact-id SP ... CRLF. Without these there is no end-line to look for.
  #startLine(bytes, from) {
    const known2 = Math.min(MSRP.length, bytes.length - from);
    for (let i = 0; i < known2; i++) if (bytes[from + i] !== MSRP[i]) throw msrpError("MSRP_NOT_MSRP");
    const next = this.#nextLine(bytes, from);
    const { maxStartLine } = this.#limits;
    if (next < 0 ? bytes.length - from >= maxStartLine : next > maxStartLine) {
      throw msrpError("MSRP_START_LINE_TOO_LONG", { detail: `more than ${maxStartLine} octets` });
    }
    if (next < 0) return false;
    const id = from + MSRP.length;
    const space = bytes.indexOf(SP2, id);
    if (space < 0 || space >= from + next) throw msrpError("MSRP_NOT_MSRP", { detail: "a start line of one word" });
    this.#endLine.expect(bytes, id, space);
    this.#line = next;
    return true;
  }
};

// packages/msrp/src/read-head.ts
var known = {
  "to-path": (parts, value, limits) => {
    parts.toPath = readPath("To-Path", value, limits);
  },
  "from-path": (parts, value, limits) => {
    parts.fromPath = readPath("From-Path", value, limits);
  },
  "message-id": (parts, value) => {
    parts.messageId = take("Message-ID", identRule, value);
  },
  "byte-range": (parts, value) => {
    parts.byteRange = take("Byte-Range", byteRangeRule, value);
  },
  "success-report": (parts, value) => {
    parts.successReport = take("Success-Report", successReportRule, value);
  },
  "failure-report": (parts, value) => {
    parts.failureReport = take("Failure-Report", failureReportRule, value);
  },
  "status": (parts, value) => {
    parts.statusHeader = take("Status", statusRule, value);
  },
  "content-type": (parts, value) => {
    take("Content-Type", mediaTypeRule, value);
    parts.contentType = value;
  }
};
function readHead(text, limits) {
  const parts = empty();
  readStartLine(parts, text);
  const fields2 = splitFields(text);
  if (fields2.length > limits.maxHeaders) throw msrpError("MSRP_TOO_MANY_HEADERS", { detail: `more than ${limits.maxHeaders}` });
  if (fields2[0]?.[0].toLowerCase() !== "to-path" || fields2[1]?.[0].toLowerCase() !== "from-path") throw msrpError("MSRP_MISSING_PATH");
  const seen = /* @__PURE__ */ new Set();
  for (const field of fields2) readField(parts, field, seen, limits);
  return parts;
}
function salvageHead(text, limits) {
  const parts = empty();
  parts.transactionId = text.slice("MSRP ".length, text.indexOf(" ", "MSRP ".length));
  attempt(() => readStartLine(parts, text));
  const seen = /* @__PURE__ */ new Set();
  for (const field of splitFields(text).slice(0, limits.maxHeaders)) attempt(() => readField(parts, field, seen, limits));
  return parts;
}
function attempt(read3) {
  try {
    read3();
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
  }
}
function empty() {
  return {
    transactionId: "",
    method: void 0,
    status: void 0,
    comment: void 0,
    toPath: [],
    fromPath: [],
    messageId: void 0,
    byteRange: void 0,
    successReport: false,
    failureReport: "yes",
    statusHeader: void 0,
    contentType: void 0
  };
}
function readStartLine(parts, text) {
  const result = startLineRule(text.slice(0, text.indexOf("\r\n")));
  if ("at" in result) throw msrpError("MSRP_BAD_START_LINE", { offset: result.at, detail: `expected ${result.expected}` });
  Object.assign(parts, result.value);
}
function readField(parts, [name, value], seen, limits) {
  if ("at" in hnameRule(name)) throw msrpError("MSRP_BAD_HEADER", { detail: 'a line is no "name: value"' });
  const key = name.toLowerCase();
  const read3 = Object.hasOwn(known, key) ? known[key] : void 0;
  if (read3 === void 0) {
    take(name, utf8textRule, value);
    return;
  }
  if (seen.has(key)) throw msrpError("MSRP_DUPLICATE_HEADER", { header: name });
  seen.add(key);
  read3(parts, value, limits);
}
function readPath(header2, value, limits) {
  const uris2 = take(header2, pathRule, value);
  if (uris2.length > limits.maxPathUris) throw msrpError("MSRP_PATH_TOO_LONG", { header: header2, detail: `more than ${limits.maxPathUris} URIs` });
  return uris2.map(([from, to2]) => value.slice(from, to2));
}
function take(header2, rule3, value) {
  const result = rule3(value);
  if ("at" in result) throw msrpError("MSRP_BAD_HEADER", { header: header2, offset: result.at, detail: `expected ${result.expected}` });
  return result.value;
}

// packages/msrp/src/decoder.ts
var CR4 = 13;
var LF3 = 10;
var HEAD_STEP = 512;
var CRLF2 = 2;
var MsrpDecoder = class {
  #limits;
  #endLine = new EndLine();
  #scanner;
  #memory = new FastLaneMemory();
  #state = "between";
  #input = new Uint8Array(0);
  #at = 0;
  /** A head that did not arrive whole; its first `#partialLength` octets count. */
  #partial = new Uint8Array(0);
  #partialLength = 0;
  /** Octets of a possible end-line that are not in `#input`; the first `#notBody` of them cannot be body. */
  #matched = 0;
  #notBody = 0;
  #skipping = false;
  #offset = 0;
  #bodyEvent = { type: "body", offset: 0, bytes: this.#input };
  #endEvent = { type: "end", flag: "$" };
  constructor(options2 = {}) {
    this.#limits = { ...defaultMsrpLimits, ...options2.limits };
    this.#scanner = new HeadScanner(this.#limits, this.#endLine);
  }
  /** True when the octets so far end with a whole frame: nothing is lost if the connection closes now. */
  get betweenFrames() {
    return this.#state === "between";
  }
  /**
   * Takes octets as they arrived. They must stay as they are until the next call. What `next` was not asked for is copied, so
   * ask until it answers `undefined`. Throws `MSRP_STREAM_DEAD` after `next` has thrown.
   */
  receive(bytes) {
    if (this.#state === "dead") throw msrpError("MSRP_STREAM_DEAD");
    const left = this.#input.subarray(this.#at);
    this.#input = searchable(left.length === 0 ? bytes : concatBytes([left, bytes]));
    this.#at = 0;
  }
  /**
   * The next event, or `undefined` when more octets are needed. Throws once, `MSRP_NOT_MSRP` or `MSRP_START_LINE_TOO_LONG`,
   * when the stream cannot be cut into frames: close the connection.
   */
  next() {
    for (; ; ) {
      let event;
      switch (this.#state) {
        case "between":
          if (!this.#skipLineEnds()) return void 0;
          this.#scanner.reset();
          this.#state = "head";
          break;
        case "head":
          event = this.#head();
          if (event !== void 0 || this.#state === "head") return event;
          break;
        case "body":
          event = this.#body();
          if (event !== void 0 || this.#state === "body") return event;
          break;
        case "end":
          this.#state = "between";
          if (this.#skipping) {
            this.#skipping = false;
            break;
          }
          this.#endEvent.flag = this.#endLine.flag;
          return this.#endEvent;
        case "dead":
          return void 0;
      }
    }
  }
  // Some peers send a CRLF after a frame, or to keep a connection alive.
  #skipLineEnds() {
    const input = this.#input;
    let at = this.#at;
    while (at < input.length && (input[at] === CR4 || input[at] === LF3)) at++;
    this.#at = at;
    return at < input.length;
  }
  #head() {
    if (this.#partialLength === 0) {
      const from = this.#at;
      const end2 = this.#scan(this.#input, from);
      if (end2 === "unknown") {
        this.#keepPartial(this.#input.length - from);
        return void 0;
      }
      this.#at += end2 === "too-large" ? this.#scanner.line : this.#scanner.length;
      return this.#readHead(end2, this.#input, from);
    }
    while (this.#at < this.#input.length) {
      const room2 = Math.min(HEAD_STEP, Math.max(1, this.#limits.maxHead - this.#partialLength));
      this.#keepPartial(Math.min(room2, this.#input.length - this.#at));
      const partial = this.#partial.subarray(0, this.#partialLength);
      const end2 = this.#scan(partial, 0);
      if (end2 === "unknown") continue;
      this.#partialLength = 0;
      if (end2 !== "too-large") this.#at -= partial.length - this.#scanner.length;
      else if (partial[partial.length - 1] === CR4) this.#matched = 1;
      return this.#readHead(end2, partial, 0);
    }
    return void 0;
  }
  #scan(bytes, from) {
    try {
      return this.#scanner.scan(bytes, from);
    } catch (error) {
      this.#state = "dead";
      throw error;
    }
  }
  #keepPartial(count) {
    const length = this.#partialLength + count;
    if (this.#partial.length < length) {
      const larger = new Uint8Array(Math.max(HEAD_STEP, 2 * length));
      larger.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = larger;
    }
    this.#partial.set(this.#input.subarray(this.#at, this.#at + count), this.#partialLength);
    this.#partialLength = length;
    this.#at += count;
  }
  #readHead(end2, bytes, from) {
    const hasBody = end2 !== "end-line";
    this.#state = hasBody ? "body" : "end";
    if (end2 === "too-large") {
      const text2 = byteString(bytes, from, from + this.#scanner.line);
      return this.#refuse(msrpError("MSRP_HEAD_TOO_LARGE", { detail: `more than ${this.#limits.maxHead} octets` }), text2, hasBody);
    }
    const text = byteString(bytes, from, from + this.#scanner.textLength);
    this.#offset = 0;
    this.#matched = hasBody ? CRLF2 : 0;
    this.#notBody = this.#matched;
    let parts;
    try {
      parts = readHeadFast(text, this.#limits, this.#memory) ?? readHead(text, this.#limits);
      if (hasBody && parts.method === void 0) throw msrpError("MSRP_RESPONSE_WITH_BODY");
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      return this.#refuse(error, text, hasBody);
    }
    return { type: "head", head: new MsrpHead(parts, text, hasBody) };
  }
  #refuse(error, text, hasBody) {
    this.#skipping = true;
    return { type: "refused", error, head: new MsrpHead(salvageHead(text, this.#limits), text, hasBody) };
  }
  #body() {
    const input = this.#input;
    if (this.#matched > 0) {
      const before = this.#matched;
      const matched = this.#endLine.match(input, this.#at, before);
      if (matched < 0) {
        this.#matched = 0;
        if (before > this.#notBody && !this.#skipping) return this.#bodyOf(this.#endLine.octets(this.#notBody, before));
      } else if (matched === this.#endLine.length) {
        this.#at += matched - before;
        this.#matched = 0;
        this.#state = "end";
        return void 0;
      } else {
        this.#matched = matched;
        this.#at = input.length;
        return void 0;
      }
    }
    const from = this.#at;
    const to2 = this.#findEndLine(from);
    return to2 === from || this.#skipping ? void 0 : this.#bodyOf(input.subarray(from, to2));
  }
  #bodyOf(bytes) {
    const event = this.#bodyEvent;
    event.offset = this.#offset;
    event.bytes = bytes;
    this.#offset += bytes.length;
    return event;
  }
  /** Where the body in the input ends: before the end-line, before what may be the start of it, or with the input. */
  #findEndLine(from) {
    const input = this.#input;
    const needle = this.#endLine.needle(input.length - from);
    let search = from;
    for (; ; ) {
      let at = indexOfBytes(input, needle, search);
      if (at < 0) at = input.indexOf(CR4, Math.max(search, input.length - needle.length + 1));
      if (at < 0) {
        this.#at = input.length;
        return input.length;
      }
      const matched = this.#endLine.match(input, at, 0);
      if (matched === this.#endLine.length) {
        this.#at = at + matched;
        this.#state = "end";
        return at;
      }
      if (matched > 0) {
        this.#at = input.length;
        this.#matched = matched;
        this.#notBody = 0;
        return at;
      }
      search = at + 1;
    }
  }
};

// packages/msrp/src/encoder.ts
var ident3 = /^[A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}$/;
var methodName = /^[A-Z]+$/;
var fieldName = /^[A-Za-z][!#-'*+\-.0-9A-Z^-~]*$/;
var fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
var pathUri = /^[\x21-\x7e]+$/;
function encodeHead({ transactionId, method: method2, toPath, fromPath, fields: fields2 = [], body }) {
  check(methodName.test(method2), "method");
  return bytesOf(headText(`${checkedIdent(transactionId)} ${method2}`, toPath, fromPath, fields2) + (body ? "\r\n" : ""));
}
function encodeResponse({ transactionId, status: status2, comment: comment2, toPath, fromPath, fields: fields2 = [] }) {
  return bytesOf(headText(statusText(transactionId, status2, comment2), toPath, fromPath, fields2) + endText(transactionId, "$"));
}
function encodeEnd(transactionId, flag, afterBody) {
  return bytesOf((afterBody ? "\r\n" : "") + endText(checkedIdent(transactionId), flag));
}
function rewriteHead(head, { transactionId = head.transactionId, toPath, fromPath, byteRange: byteRange2 }) {
  const rest = head.fields.slice(2);
  if (byteRange2 !== void 0) {
    const field = ["Byte-Range", formatByteRange(byteRange2)];
    const at = rest.findIndex(([name]) => name.toLowerCase() === "byte-range");
    rest.splice(Math.max(at, 0), at < 0 ? 0 : 1, field);
  }
  const { method: method2, status: status2, comment: comment2 } = head;
  const start2 = status2 === void 0 ? `${checkedIdent(transactionId)} ${method2}` : statusText(transactionId, status2, comment2);
  return bytesOf(headText(start2, toPath, fromPath, rest) + (head.hasBody ? "\r\n" : ""));
}
function responseTo(head, status2, comment2, localUri) {
  if (head.method === void 0 || head.method === "REPORT") return void 0;
  if (head.fromPath.length === 0 || !ident3.test(head.transactionId)) return void 0;
  const toPath = head.method === "SEND" ? head.fromPath.slice(0, 1) : head.fromPath;
  const response2 = { transactionId: head.transactionId, status: status2, toPath, fromPath: [localUri] };
  return encodeResponse(comment2 === void 0 ? response2 : { ...response2, comment: comment2 });
}
function formatByteRange({ start: start2, end: end2, total }) {
  return `${start2}-${end2 ?? "*"}/${total ?? "*"}`;
}
var ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
function randomIdent(random, length = 16) {
  let text = "";
  for (const octet of random.bytes(length)) text += ALPHABET[octet & 31];
  return text;
}
function headText(start2, toPath, fromPath, fields2) {
  let text = `MSRP ${start2}\r
To-Path: ${pathText(toPath)}\r
From-Path: ${pathText(fromPath)}\r
`;
  for (const [name, value] of fields2) {
    check(fieldName.test(name), "header name");
    check(fieldValue.test(value), "header value", name);
    text += `${name}: ${value}\r
`;
  }
  return text;
}
function pathText(path2) {
  check(path2.length > 0 && path2.every((uri2) => pathUri.test(uri2)), "path");
  return path2.join(" ");
}
function statusText(transactionId, status2, comment2) {
  check(Number.isInteger(status2) && status2 >= 0 && status2 <= 999, "status");
  check(comment2 === void 0 || fieldValue.test(comment2), "comment");
  return `${checkedIdent(transactionId)} ${String(status2).padStart(3, "0")}${comment2 === void 0 ? "" : ` ${comment2}`}`;
}
function endText(transactionId, flag) {
  return `-------${transactionId}${flag}\r
`;
}
function checkedIdent(transactionId) {
  check(ident3.test(transactionId), "transaction id");
  return transactionId;
}
function check(valid, detail, header2) {
  if (!valid) throw msrpError("MSRP_CANNOT_ENCODE", { detail, ...header2 === void 0 ? {} : { header: header2 } });
}

// packages/msrp/src/chunker.ts
var MIN_CHUNK = 2048;
var Chunker = class {
  #chunkSize;
  #size;
  #position = 0;
  #chunkStart = 0;
  #chunkEnd = 0;
  #open = false;
  #exact = false;
  #done = false;
  constructor({ size, chunkSize = Infinity }) {
    if (size !== void 0 && !(Number.isSafeInteger(size) && size >= 0)) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "size" });
    if (!(chunkSize >= 1)) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "chunkSize" });
    this.#size = size;
    this.#chunkSize = chunkSize;
  }
  /** Octets written so far: where the source of the message must go on. */
  get position() {
    return this.#position;
  }
  /** True after the chunk that ends or aborts the message was closed. */
  get done() {
    return this.#done;
  }
  get isOpen() {
    return this.#open;
  }
  /** Octets that may still be written into the open chunk; `Infinity` when only an interruption ends it. */
  get room() {
    return this.#open ? this.#chunkEnd - this.#position : 0;
  }
  /** True when the open chunk may end here for other traffic: it announced no end and has its 2048 octets. */
  get interruptible() {
    return this.#open && !this.#exact && this.#position - this.#chunkStart >= MIN_CHUNK;
  }
  /** Starts the next chunk at the octet after the last one written and returns its Byte-Range. */
  open() {
    if (this.#open || this.#done) throw msrpError("MSRP_CHUNK_MISUSED", { detail: this.#done ? "the message is done" : "a chunk is open" });
    const left = this.#size === void 0 ? Infinity : this.#size - this.#position;
    const length = Math.min(left, this.#chunkSize);
    this.#open = true;
    this.#exact = this.#size !== void 0 && length <= MIN_CHUNK;
    this.#chunkStart = this.#position;
    this.#chunkEnd = this.#position + length;
    return { start: this.#position + 1, end: this.#exact ? this.#chunkEnd : void 0, total: this.#size };
  }
  wrote(octets) {
    if (!(octets >= 0 && octets <= this.room)) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "more octets than the chunk has room for" });
    this.#position += octets;
  }
  /** For a message of unknown size: the octets written so far are all. */
  finish() {
    const unwritten = this.#size === void 0 ? 0 : this.#size - this.#position;
    if (unwritten > 0) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "the message is not written out" });
    this.#size = this.#position;
  }
  /** Ends the open chunk, and returns the flag for its end-line: `$` when the message is complete, `+` when it goes on. */
  close() {
    if (!this.#open) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "no chunk is open" });
    if (this.#exact && this.room > 0) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "the chunk announced more octets" });
    this.#open = false;
    this.#done = this.#position === this.#size;
    return this.#done ? "$" : "+";
  }
  /** Gives the message up in its open chunk, and returns the flag for that chunk's end-line. */
  abort() {
    if (!this.#open) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "no chunk is open" });
    this.#open = false;
    this.#done = true;
    return "#";
  }
};

// packages/msrp/src/reassembly.ts
var defaultReassemblyLimits = { maxGapBytes: 1048576, maxIntervals: 64, maxSize: 67108864 };
var PAGE = 4096;
var Reassembly = class {
  #limits;
  /** Octets handed on: the known beginning of the message. */
  #handedOn = 0;
  /** What waits: sorted, apart from each other, all behind `#handedOn`. Their octets are in `#pages`. */
  #waiting = [];
  #pages = /* @__PURE__ */ new Map();
  #total;
  constructor(limits = {}) {
    this.#limits = { ...defaultReassemblyLimits, ...limits };
  }
  /** Octets handed on so far. */
  get received() {
    return this.#handedOn;
  }
  /** Octets of the whole message, once the chunk that ends it has arrived. */
  get total() {
    return this.#total;
  }
  /** True when every octet has been handed on and the last chunk has ended. */
  get complete() {
    return this.#handedOn === this.#total;
  }
  /** The octets still missing before `total` or before the last that arrived, as positions counted from 1. */
  get missing() {
    const gaps = [];
    let known2 = this.#handedOn;
    for (const { from, to: to2 } of this.#waiting) {
      gaps.push({ start: known2 + 1, end: from });
      known2 = to2;
    }
    if (this.#total !== void 0 && known2 < this.#total) gaps.push({ start: known2 + 1, end: this.#total });
    return gaps;
  }
  /**
   * Takes octets of the message, the first of them at `position` (from 1, as in Byte-Range: its range-start plus the octets of
   * the chunk before these). Returns what can be handed on now, in order. Throws `MSRP_MESSAGE_TOO_LARGE`,
   * `MSRP_GAP_TOO_LARGE`, `MSRP_TOO_MANY_INTERVALS`, `MSRP_BEYOND_TOTAL`; the message is then lost.
   */
  receive(position, bytes) {
    const from = position - 1;
    const to2 = from + bytes.length;
    if (from < 0) throw msrpError("MSRP_BEYOND_TOTAL", { detail: "a range starts at 1" });
    if (this.#total !== void 0 && to2 > this.#total) throw msrpError("MSRP_BEYOND_TOTAL");
    if (to2 > this.#limits.maxSize) throw msrpError("MSRP_MESSAGE_TOO_LARGE", { detail: `more than ${this.#limits.maxSize} octets` });
    if (to2 <= this.#handedOn || bytes.length === 0) return [];
    if (from > this.#handedOn) {
      this.#keep(from, to2, bytes);
      return [];
    }
    const pieces = [{ offset: this.#handedOn, bytes: bytes.subarray(this.#handedOn - from) }];
    this.#handedOn = to2;
    this.#handOnWaiting(pieces);
    return pieces;
  }
  /**
   * A chunk has ended; `position` is where its next octet would be, from 1. `$` fixes the total; `#` throws
   * `MSRP_MESSAGE_ABORTED`. Throws `MSRP_BEYOND_TOTAL` when octets or another end are known behind this one.
   */
  end(position, flag) {
    if (flag === "#") throw msrpError("MSRP_MESSAGE_ABORTED");
    if (flag === "+") return;
    const total = position - 1;
    const last = this.#waiting.at(-1)?.to ?? this.#handedOn;
    if (last > total || this.#total !== void 0 && this.#total !== total) throw msrpError("MSRP_BEYOND_TOTAL");
    this.#total = total;
  }
  #keep(from, to2, bytes) {
    this.#addInterval(from, to2);
    for (let at = from; at < to2; ) {
      const index = Math.floor(at / PAGE);
      const until = Math.min(to2, (index + 1) * PAGE);
      this.#page(index).set(bytes.subarray(at - from, until - from), at - index * PAGE);
      at = until;
    }
  }
  #page(index) {
    let page = this.#pages.get(index);
    if (page === void 0) {
      const { maxGapBytes } = this.#limits;
      const needed = (this.#pages.size + 1) * PAGE;
      if (needed > maxGapBytes) throw msrpError("MSRP_GAP_TOO_LARGE", { detail: `more than ${maxGapBytes} octets wait` });
      page = new Uint8Array(PAGE);
      this.#pages.set(index, page);
    }
    return page;
  }
  // Neighbours that touch become one, so the set is as small as the message is whole.
  #addInterval(from, to2) {
    const before = this.#waiting.filter((each) => each.to < from);
    const after = this.#waiting.filter((each) => each.from > to2);
    const touched = this.#waiting.slice(before.length, this.#waiting.length - after.length);
    const joined = { from: Math.min(from, touched[0]?.from ?? from), to: Math.max(to2, touched.at(-1)?.to ?? to2) };
    this.#waiting = [...before, joined, ...after];
    const { maxIntervals } = this.#limits;
    if (this.#waiting.length > maxIntervals) throw msrpError("MSRP_TOO_MANY_INTERVALS", { detail: `more than ${maxIntervals}` });
  }
  #handOnWaiting(pieces) {
    while (this.#waiting.length > 0 && this.#waiting[0].from <= this.#handedOn) {
      const { to: to2 } = this.#waiting.shift();
      this.#handOnPages(to2, pieces);
    }
    this.#dropPages();
  }
  #handOnPages(to2, pieces) {
    while (this.#handedOn < to2) {
      const index = Math.floor(this.#handedOn / PAGE);
      const until = Math.min(to2, (index + 1) * PAGE);
      const page = this.#pages.get(index);
      pieces.push({ offset: this.#handedOn, bytes: page.subarray(this.#handedOn - index * PAGE, until - index * PAGE) });
      this.#handedOn = until;
    }
  }
  // A page that still holds octets of a later interval stays; what was handed on of it is never written again.
  #dropPages() {
    if (this.#pages.size === 0) return;
    const keepFrom = Math.floor(this.#handedOn / PAGE);
    const first2 = this.#waiting[0];
    for (const index of this.#pages.keys()) {
      if (index < keepFrom || first2 === void 0) this.#pages.delete(index);
    }
  }
};

// packages/msrp/src/reports.ts
var reportTable = {
  "no/yes": { answers200: true, answersFailure: true, timesOut: true, reportsSuccess: false },
  "no/partial": { answers200: false, answersFailure: true, timesOut: false, reportsSuccess: false },
  "no/no": { answers200: false, answersFailure: false, timesOut: false, reportsSuccess: false },
  "yes/yes": { answers200: true, answersFailure: true, timesOut: true, reportsSuccess: true },
  "yes/partial": { answers200: false, answersFailure: true, timesOut: false, reportsSuccess: true },
  "yes/no": { answers200: false, answersFailure: false, timesOut: false, reportsSuccess: true }
};
var RESPONSE_WAIT = 3e4;
function reportRules(wish) {
  return reportTable[`${wish.successReport ? "yes" : "no"}/${wish.failureReport}`];
}
function isAnswered(head, status2) {
  if (head.method === void 0 || head.method === "REPORT") return false;
  const rules = reportRules(head);
  return status2 < 300 ? rules.answers200 : rules.answersFailure;
}
function consequence(status2, from) {
  if (status2 < 300) return "none";
  if (status2 === 481 || status2 === 506) return "session";
  if (from === "response" || status2 === 403 || status2 === 413 || status2 === 415) return "message";
  return "session";
}
function encodeReport(report) {
  const { start: start2, end: end2, total } = report.range;
  const head = encodeHead({
    transactionId: report.transactionId,
    method: "REPORT",
    toPath: report.toPath,
    fromPath: [report.localUri],
    fields: [
      ["Message-ID", report.messageId],
      ["Byte-Range", formatByteRange({ start: start2, end: end2, total })],
      ["Status", `000 ${report.status}${report.comment === void 0 ? "" : ` ${report.comment}`}`]
    ],
    body: false
  });
  return concatBytes([head, encodeEnd(report.transactionId, "$", false)]);
}

// packages/msrp/src/session-table.ts
var sessionTable = {
  idle: { connect: "connecting", accept: "waiting", request: "early", close: "closed" },
  connecting: { connected: "bound", lost: "closed", close: "closed" },
  waiting: { request: "bound", close: "closed" },
  early: { accept: "bound", stranger: "waiting", lost: "closed", close: "closed" },
  bound: { lost: "closed", close: "closed" },
  closed: {}
};

// packages/msrp/src/session-entry.ts
var SessionEntry = class {
  uri;
  sink;
  source;
  #matchMode;
  #changed;
  #state = "idle";
  #connection;
  #remotePath;
  #earlyPath;
  #bindingId;
  #reason;
  constructor({ uri: uri2, sink, source, matchMode = "strict", changed }) {
    this.uri = uri2;
    this.sink = sink;
    this.source = source;
    this.#matchMode = matchMode;
    this.#changed = changed;
  }
  get state() {
    return this.#state;
  }
  get connection() {
    return this.#connection;
  }
  /** The peer's a=path, the nearest URI first; undefined until it is known. */
  get remotePath() {
    return this.#remotePath;
  }
  /** Why the session is closed; undefined when this side closed it. */
  get reason() {
    return this.#reason;
  }
  /** Active: a connection to the first URI of the path is being made. `MSRP_SESSION_MISUSED` unless idle. */
  connect(remotePath) {
    const next = this.#next("connect");
    this.#remotePath = [...remotePath];
    this.#enter(next);
  }
  /**
   * Active: the connection is there. A SEND without body goes out at once, with this transaction id, so that the peer
   * learns which session the connection is for (RFC 4975 §5.4).
   */
  connected(connection, transactionId) {
    const next = this.#next("connected");
    this.#connection = connection;
    this.#bindingId = transactionId;
    const toPath = this.#remotePath;
    const fields2 = [["Message-ID", transactionId], ["Byte-Range", "1-0/0"]];
    const head = encodeHead({ transactionId, method: "SEND", toPath, fromPath: [this.uri], fields: fields2, body: false });
    connection.sendFrame(concatBytes([head, encodeEnd(transactionId, "$", false)]));
    connection.bind(this);
    this.#enter(next);
  }
  /** Passive: whose first request binds the session to the connection it arrives on. */
  accept(remotePath) {
    const stranger = this.#earlyPath !== void 0 && !this.#isPeer(this.#earlyPath, remotePath);
    const next = this.#next(stranger ? "stranger" : "accept");
    this.#remotePath = [...remotePath];
    if (stranger) {
      this.#connection?.unbind(this);
      this.#connection = void 0;
    }
    this.#earlyPath = void 0;
    this.#enter(next);
  }
  /** A request has arrived: binds the session, or throws 481 or 506 (RFC 4975 §5.4, §7.3). */
  admit(connection, fromPath) {
    if (this.#connection === connection) return;
    if (this.#connection !== void 0) throw msrpError("MSRP_SESSION_ELSEWHERE");
    const next = sessionTable[this.#state].request;
    if (next === void 0) throw msrpError("MSRP_NO_SESSION");
    if (this.#remotePath === void 0) this.#earlyPath = [...fromPath];
    else if (!this.#isPeer(fromPath, this.#remotePath)) throw msrpError("MSRP_NO_SESSION", { detail: "another peer is expected" });
    this.#connection = connection;
    connection.bind(this);
    this.#enter(next);
  }
  /** A response on the session's connection: to the binding SEND it is ours, else the owner's. */
  response(head) {
    if (head.transactionId !== this.#bindingId) {
      this.sink.response(head);
      return;
    }
    this.#bindingId = void 0;
    const status2 = head.status;
    if (consequence(status2, "response") === "session") this.end(msrpError("MSRP_REFUSED_BY_PEER", { status: status2, detail: `${status2} to the first SEND` }));
  }
  /** Ends the session: `error` says why the peer's side or the connection ended it, absent when this side did. */
  end(error) {
    const next = sessionTable[this.#state][error === void 0 ? "close" : "lost"] ?? sessionTable[this.#state].close;
    if (next === void 0) return;
    const connection = this.#connection;
    this.#connection = void 0;
    this.#reason = error;
    connection?.unbind(this);
    this.#enter(next);
    this.sink.closed?.(error);
  }
  /** The session URI is the last one of either path (RFC 4975 §8.2). */
  #isPeer(fromPath, remotePath) {
    const same = this.#matchMode === "strict" ? msrpUriEquals : sessionIdEquals;
    return same(fromPath[fromPath.length - 1], remotePath[remotePath.length - 1]);
  }
  #next(event) {
    const next = sessionTable[this.#state][event];
    if (next === void 0) throw msrpError("MSRP_SESSION_MISUSED", { detail: `${event} while ${this.#state}` });
    return next;
  }
  #enter(next) {
    this.#state = next;
    this.#changed?.(this);
  }
};

// packages/msrp/src/session-registry.ts
var SessionTable = class {
  matchMode;
  #byKey = /* @__PURE__ */ new Map();
  // Nearly every frame spells the URI as we do: then nothing needs to be parsed.
  #byText = /* @__PURE__ */ new Map();
  constructor(matchMode = "strict") {
    this.matchMode = matchMode;
  }
  get size() {
    return this.#byText.size;
  }
  add(entry) {
    this.#byText.set(entry.uri, entry);
    this.#byKey.set(this.#key(entry.uri), entry);
  }
  remove(entry) {
    this.#byText.delete(entry.uri);
    this.#byKey.delete(this.#key(entry.uri));
  }
  find(localUri) {
    return this.#byText.get(localUri) ?? this.#byKey.get(this.#key(localUri));
  }
  entries() {
    return this.#byText.values();
  }
  #key(uri2) {
    return this.matchMode === "strict" ? msrpUriKey(uri2) : parseMsrpUri(uri2).sessionId ?? "";
  }
};

// packages/msrp/src/frame-sink.ts
var INTERRUPTIBLE = 2048;
var FAIR_SHARE = 16384;
function mustYield(sent2, demand) {
  return demand === "urgent" ? sent2 >= INTERRUPTIBLE : demand === "share" && sent2 >= FAIR_SHARE;
}
function moreUrgent(a, b) {
  return a === "urgent" || b === "urgent" ? "urgent" : a === "none" ? b : a;
}

// packages/msrp/src/outbound.ts
var Outbound = class {
  #frames = [];
  /** Sources with something to write; the order is the order of turns. */
  #ready = /* @__PURE__ */ new Set();
  #current;
  #frameOctets = 0;
  /** Octets of whole frames that wait. */
  get waitingOctets() {
    return this.#frameOctets;
  }
  get idle() {
    return this.#frames.length === 0 && this.#ready.size === 0 && this.#current?.open !== true;
  }
  pushFrame(frame) {
    this.#frames.push(frame);
    this.#frameOctets += frame.length;
  }
  ready(source) {
    this.#ready.add(source);
  }
  /** The source leaves; a frame it has open is ended, since whatever followed would be read as its body. */
  remove(source) {
    this.#ready.delete(source);
    if (this.#current !== source) return;
    this.#current = void 0;
    if (!source.open) return;
    const end2 = source.abandon();
    this.#frames.unshift(end2);
    this.#frameOctets += end2.length;
  }
  next(now) {
    const current = this.#current;
    if (current?.open === true) {
      const bytes = current.pull(now, this.#demand(current));
      if (bytes !== void 0 || current.open) return bytes;
    }
    this.#current = void 0;
    const frame = this.#frames.shift();
    if (frame !== void 0) {
      this.#frameOctets -= frame.length;
      return frame;
    }
    for (const source of this.#ready) {
      this.#ready.delete(source);
      const bytes = source.pull(now, this.#demand(source));
      if (bytes === void 0) continue;
      if (source.open || source.waiting !== "none") this.#ready.add(source);
      this.#current = source;
      return bytes;
    }
    return void 0;
  }
  #demand(except) {
    if (this.#frames.length > 0) return "urgent";
    let demand = "none";
    for (const source of this.#ready) if (source !== except) demand = moreUrgent(demand, source.waiting);
    return demand;
  }
};

// packages/msrp/src/connection.ts
var defaultConnectionLimits = { maxWaitingFrames: 262144, unboundTime: 3e4 };
var MsrpConnection = class {
  #sessions;
  #decoder;
  #limits;
  #ready;
  #flow;
  #outbound = new Outbound();
  #bound = /* @__PURE__ */ new Set();
  #holders = /* @__PURE__ */ new Set();
  #reading = true;
  #failure;
  #lost = false;
  /** When the last session left, or the start. */
  #unboundSince;
  #now;
  // The chunk that is arriving; `#taker` is undefined while its rest is skipped.
  #head;
  #taker;
  constructor({ sessions, now, limits, ready, flow }) {
    this.#sessions = sessions;
    this.#decoder = new MsrpDecoder(limits === void 0 ? {} : { limits });
    this.#limits = { ...defaultConnectionLimits, ...limits };
    this.#now = now;
    this.#unboundSince = now;
    this.#ready = ready;
    this.#flow = flow;
  }
  /** The sessions bound here. */
  get bound() {
    return this.#bound;
  }
  /** False while the socket should not be read: a session's reader is slow, or the peer does not take our answers. */
  get reading() {
    return this.#reading;
  }
  /** Why the connection must be closed, once it must: what arrives is not MSRP, or no session was named in time. */
  get failure() {
    return this.#failure;
  }
  /** Nothing waits to be written. */
  get idle() {
    return this.#outbound.idle;
  }
  receive(bytes, now) {
    if (this.#failure !== void 0 || this.#lost) return;
    this.#now = now;
    try {
      this.#decoder.receive(bytes);
      for (let event = this.#decoder.next(); event !== void 0; event = this.#decoder.next()) {
        if (event.type === "body") this.#body(event.bytes, event.offset);
        else if (event.type === "head") this.#start(event.head);
        else if (event.type === "end") this.#end(event.flag);
        else this.respond(event.head, event.error.status ?? 400);
      }
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#failure = error;
      this.#ready?.();
    }
  }
  /** The next octets to write; ask again until there are none. They are not touched afterwards. */
  transmit(now) {
    this.#now = now;
    const bytes = this.#outbound.next(now);
    this.#updateReading();
    return bytes;
  }
  /** When `wake` is to be called, on the scale of `now`. */
  deadline() {
    let first2 = this.#bound.size === 0 ? this.#unboundSince + this.#limits.unboundTime : void 0;
    for (const { source } of this.#bound) {
      const deadline = source.deadline();
      if (deadline !== void 0 && (first2 === void 0 || deadline < first2)) first2 = deadline;
    }
    return this.#failure === void 0 ? first2 : void 0;
  }
  wake(now) {
    this.#now = now;
    if (this.#bound.size === 0 && now >= this.#unboundSince + this.#limits.unboundTime) {
      this.#failure ??= msrpError("MSRP_CONNECTION_REFUSED");
      this.#ready?.();
    }
    for (const { source } of [...this.#bound]) source.wake(now);
  }
  /** The socket is gone: every session bound here is over (RFC 4975 §5.4). */
  lost(error) {
    if (this.#lost) return;
    this.#lost = true;
    this.#abandonChunk();
    for (const entry of [...this.#bound]) entry.end(error);
  }
  /** Stops reading until `resume` with the same holder: credit for whoever cannot take more. */
  pause(holder) {
    this.#holders.add(holder);
    this.#updateReading();
  }
  resume(holder) {
    this.#holders.delete(holder);
    this.#updateReading();
  }
  /** Queues a whole short frame, a response or a REPORT: it leaves before any further chunk. */
  sendFrame(frame) {
    if (this.#lost) return;
    this.#outbound.pushFrame(frame);
    this.#updateReading();
    this.#ready?.();
  }
  /** Answers a request where its Failure-Report wants that answer (RFC 4975 §7.2); does nothing otherwise. */
  respond(head, status2, comment2) {
    const localUri = head.toPath[0];
    const response2 = localUri === void 0 || !isAnswered(head, status2) ? void 0 : responseTo(head, status2, comment2, localUri);
    if (response2 !== void 0) this.sendFrame(response2);
  }
  /** A source has something to write. */
  sourceReady(source) {
    this.#outbound.ready(source);
    this.#ready?.();
  }
  /** For {@link SessionEntry}. */
  bind(entry) {
    this.#bound.add(entry);
    if (entry.source.waiting !== "none") this.sourceReady(entry.source);
    this.#ready?.();
  }
  /** For {@link SessionEntry}. */
  unbind(entry) {
    if (!this.#bound.delete(entry)) return;
    if (this.#taker === entry) this.#abandonChunk();
    this.#holders.delete(entry.sink);
    if (this.#bound.size === 0) this.#unboundSince = this.#now;
    this.#outbound.remove(entry.source);
    this.#updateReading();
    this.#ready?.();
  }
  #start(head) {
    this.#head = head;
    this.#taker = void 0;
    this.#attempt(() => head.method === void 0 ? this.#response(head) : this.#request(head));
  }
  #request(head) {
    const entry = head.toPath.length === 1 ? this.#sessions.find(head.toPath[0]) : void 0;
    if (entry === void 0) throw msrpError("MSRP_NO_SESSION");
    entry.admit(this, head.fromPath);
    const method2 = head.method;
    if (method2 !== "SEND" && method2 !== "REPORT" && entry.sink.methods?.includes(method2) !== true) throw msrpError("MSRP_UNKNOWN_METHOD", { detail: method2 });
    this.#taker = entry;
    entry.sink.head(head, this);
  }
  /** Responses go to the session they name, and only on the connection it is bound to. */
  #response(head) {
    const entry = this.#sessions.find(head.toPath[0]);
    if (entry?.connection === this) entry.response(head);
  }
  #body(bytes, offset) {
    const taker = this.#taker;
    if (taker !== void 0) this.#attempt(() => taker.sink.body(bytes, offset));
  }
  #end(flag) {
    const taker = this.#taker;
    if (taker !== void 0) this.#attempt(() => taker.sink.end(flag));
    this.#head = void 0;
    this.#taker = void 0;
  }
  /** Runs a step of the owner; an error with a status becomes the answer, and the rest of the chunk is skipped. */
  #attempt(step2) {
    try {
      step2();
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#taker = void 0;
      if (this.#head !== void 0) this.respond(this.#head, error.status ?? 400);
    }
  }
  #abandonChunk() {
    const taker = this.#taker;
    this.#head = void 0;
    this.#taker = void 0;
    taker?.sink.lost();
  }
  #updateReading() {
    const reading = this.#holders.size === 0 && this.#outbound.waitingOctets < this.#limits.maxWaitingFrames;
    if (reading === this.#reading) return;
    this.#reading = reading;
    this.#flow?.(reading);
  }
};

// packages/msrp/src/accept-types.ts
function acceptsType(acceptTypes, wrappedTypes, type) {
  const asked2 = essence(type);
  const matches = (entry) => {
    const allowed = essence(entry);
    return allowed === "*" || allowed === asked2 || allowed.endsWith("/*") && asked2.startsWith(allowed.slice(0, -1));
  };
  return acceptTypes.some(matches) || (wrappedTypes?.some(matches) ?? false);
}
function essence(type) {
  const end2 = type.indexOf(";");
  return (end2 < 0 ? type : type.slice(0, end2)).trim().toLowerCase();
}
function formatEntries(list) {
  const entries = [];
  let start2 = 0;
  let quoted2 = false;
  for (let at = 0; at < list.length; at++) {
    const character = list[at];
    if (quoted2 && character === "\\") at++;
    else if (character === '"') quoted2 = !quoted2;
    else if (character === " " && !quoted2) {
      entries.push(list.slice(start2, at));
      start2 = at + 1;
    }
  }
  entries.push(list.slice(start2));
  return entries.filter((entry) => entry !== "");
}

// packages/msrp/src/body-queue.ts
var BodyQueue = class {
  #taken;
  #abandoned;
  #pieces = [];
  #waiting = [];
  #finished = false;
  #error;
  /** `taken`: so many octets that waited were read or dropped. `abandoned`: the reader stops before the end. */
  constructor(taken, abandoned) {
    this.#taken = taken;
    this.#abandoned = abandoned;
  }
  /** Takes octets that nobody else will change. Returns how many of them wait for the reader now: all or none. */
  push(bytes) {
    if (this.#finished || this.#error !== void 0 || bytes.length === 0) return 0;
    const reader = this.#waiting.shift();
    if (reader !== void 0) {
      reader.resolve({ done: false, value: bytes });
      return 0;
    }
    this.#pieces.push(bytes);
    return bytes.length;
  }
  finish() {
    if (this.#error !== void 0) return;
    this.#finished = true;
    for (const reader of this.#waiting.splice(0)) reader.resolve({ done: true, value: void 0 });
  }
  /** The rest will not come. What arrived can still be read, then comes the error. */
  fail(error) {
    if (this.#finished || this.#error !== void 0) return;
    this.#error = error;
    for (const reader of this.#waiting.splice(0)) reader.reject(error);
  }
  next() {
    const piece = this.#pieces.shift();
    if (piece !== void 0) {
      this.#taken(piece.length);
      return Promise.resolve({ done: false, value: piece });
    }
    if (this.#error !== void 0) return Promise.reject(this.#error);
    if (this.#finished) return Promise.resolve({ done: true, value: void 0 });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
  /** The reader wants no more (`break` in a `for await`). */
  return() {
    const early = !this.#finished && this.#error === void 0;
    this.#finished = true;
    this.#taken(this.#pieces.splice(0).reduce((octets, piece) => octets + piece.length, 0));
    if (early) this.#abandoned();
    return Promise.resolve({ done: true, value: void 0 });
  }
};

// packages/msrp/src/copy.ts
function copyOf(bytes) {
  return new Uint8Array(bytes);
}

// packages/msrp/src/incoming-message.ts
var IncomingMessage = class {
  /** Of the first chunk that arrived: Content-Type, Content-Disposition and the like. */
  head;
  messageId;
  contentType;
  #queue;
  #decisions;
  /** For the session, which fills the queue. */
  constructor(head, queue, decisions) {
    this.head = head;
    this.messageId = head.messageId;
    this.contentType = head.contentType;
    this.#decisions = decisions;
    this.#queue = queue;
  }
  /** Octets of the whole message, where the sender announced it. */
  get size() {
    return this.head.byteRange?.total;
  }
  [Symbol.asyncIterator]() {
    return this.#queue;
  }
  /** The whole body. `MSRP_MESSAGE_TOO_LARGE` and a 413 to the sender beyond `limit` octets (default 1 MiB). */
  async bytes(limit = 1048576) {
    const pieces = [];
    let length = 0;
    for await (const piece of this) {
      length += piece.length;
      if (length > limit) throw msrpError("MSRP_MESSAGE_TOO_LARGE", { detail: `more than ${limit} octets` });
      pieces.push(piece);
    }
    return concatBytes(pieces);
  }
  /**
   * Takes the message over, for a session that acknowledges by hand: the 200 of the last chunk and the success REPORT
   * leave now. Elsewhere it changes nothing.
   */
  accept() {
    this.#decisions.accept();
  }
  /** Wants no more of it: what still comes is answered with `status`, 413 by default (RFC 4975 §10.5). */
  refuse(status2 = 413) {
    this.#decisions.refuse(status2);
  }
};

// packages/msrp/src/message-receiver.ts
var REMEMBERED = 1e3;
var MessageReceiver = class {
  #options;
  #arriving = /* @__PURE__ */ new Map();
  /** How a finished message ended: the status further chunks of it are answered with. */
  #finished = /* @__PURE__ */ new Map();
  #unread = 0;
  #held = false;
  // The chunk that is arriving: no `message` for one without body or of a message seen before.
  #head;
  #message;
  #length = 0;
  constructor(options2) {
    this.#options = options2;
  }
  /** Octets that wait for readers. */
  get unread() {
    return this.#unread;
  }
  head(head) {
    this.#head = head;
    this.#message = void 0;
    this.#length = 0;
    if (!head.hasBody) return;
    const { messageId } = head;
    if (messageId === void 0) throw msrpError("MSRP_NO_MESSAGE_ID");
    const before = this.#finished.get(messageId);
    if (before !== void 0 && before >= 300) throw msrpError("MSRP_MESSAGE_UNWANTED", { status: before });
    if (before === void 0) this.#message = this.#arriving.get(messageId) ?? this.#begin(head, messageId);
  }
  body(bytes, offset) {
    this.#length = offset + bytes.length;
    const message = this.#message;
    if (message === void 0) return;
    if (message.refused !== void 0) throw msrpError("MSRP_MESSAGE_UNWANTED", { status: message.refused });
    this.#orFail(message, () => {
      for (const piece of message.reassembly.receive(this.#start() + offset, bytes)) this.#unread += message.queue.push(copyOf(piece.bytes));
    });
    this.#updateFlow();
  }
  end(flag) {
    const head = this.#head;
    const message = this.#message;
    this.#head = void 0;
    this.#message = void 0;
    if (message?.refused !== void 0) throw msrpError("MSRP_MESSAGE_UNWANTED", { status: message.refused });
    if (message === void 0) {
      this.#options.respond(head, 200);
      if (head.hasBody && flag !== "#") this.#reportChunk(head);
    } else if (flag === "#") {
      this.#fail(head.messageId, message, 200, msrpError("MSRP_MESSAGE_ABORTED"));
      this.#options.respond(head, 200);
    } else {
      this.#orFail(message, () => message.reassembly.end(this.#start(head) + this.#length, flag), head);
      if (message.reassembly.complete) this.#complete(head, message);
      else {
        this.#options.respond(head, 200);
        if (this.#options.reportOn === "chunk") this.#reportChunk(head);
      }
    }
  }
  /** The chunk will not end. */
  lost() {
    this.#head = void 0;
    this.#message = void 0;
  }
  /** The session is over: what is incomplete stays so. */
  close(error) {
    for (const { queue } of this.#arriving.values()) queue.fail(error);
    this.#arriving.clear();
  }
  #begin(head, messageId) {
    const { acceptTypes, limits } = this.#options;
    if (head.contentType === void 0) throw msrpError("MSRP_BAD_HEADER", { header: "Content-Type", detail: "a body without type" });
    if (!acceptsType(acceptTypes, void 0, head.contentType)) throw msrpError("MSRP_UNACCEPTABLE_TYPE", { detail: head.contentType });
    if (this.#arriving.size >= limits.maxMessages) throw msrpError("MSRP_TOO_MANY_MESSAGES");
    const total = head.byteRange?.total;
    if (total !== void 0 && total > limits.maxSize) {
      this.#finish(messageId, 413);
      throw msrpError("MSRP_MESSAGE_TOO_LARGE", { detail: `${total} octets` });
    }
    const queue = new BodyQueue((octets) => this.#taken(octets), () => this.#refuse(messageId, message, 413));
    const message = { queue, reassembly: new Reassembly(limits), refused: void 0, accepted: false, held: void 0 };
    this.#arriving.set(messageId, message);
    this.#options.message(new IncomingMessage(head, queue, {
      accept: () => this.#accept(message),
      refuse: (status2) => this.#refuse(messageId, message, status2)
    }));
    return message;
  }
  #complete(head, message) {
    const messageId = head.messageId;
    this.#arriving.delete(messageId);
    this.#finish(messageId, 200);
    message.held = head;
    message.queue.finish();
    if (this.#options.acknowledge === "arrived" || message.accepted) this.#acknowledge(message);
  }
  /** The answer to the chunk that completed the message, and the REPORT on the whole (RFC 4975 §7.1.3). */
  #acknowledge(message) {
    const head = message.held;
    if (head === void 0) return;
    message.held = void 0;
    this.#options.respond(head, 200);
    const size = message.reassembly.received;
    if (this.#options.reportOn === "chunk") this.#reportChunk(head);
    else if (head.successReport) this.#options.reportSuccess(head, { start: 1, end: size, total: size });
  }
  #accept(message) {
    message.accepted = true;
    this.#acknowledge(message);
  }
  #refuse(messageId, message, status2) {
    const { held } = message;
    message.held = void 0;
    if (held !== void 0) this.#options.respond(held, status2);
    if (message.refused !== void 0 || message.reassembly.complete) return;
    message.refused = status2;
    this.#fail(messageId, message, status2, msrpError("MSRP_MESSAGE_UNWANTED", { status: status2 }));
  }
  /** An error of the reassembly is the end of the message, and the answer to its chunk. */
  #orFail(message, step2, head = this.#head) {
    try {
      step2();
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#fail(head.messageId, message, error.status ?? 400, error);
      throw error;
    }
  }
  #fail(messageId, message, status2, error) {
    this.#arriving.delete(messageId);
    this.#finish(messageId, status2);
    message.queue.fail(error);
  }
  #finish(messageId, status2) {
    this.#finished.set(messageId, status2);
    if (this.#finished.size > REMEMBERED) this.#finished.delete(this.#finished.keys().next().value);
  }
  /** The exact range of one chunk, whatever its header said (RFC 4975 §7.1.4). */
  #reportChunk(head) {
    if (!head.successReport) return;
    const start2 = this.#start(head);
    this.#options.reportSuccess(head, { start: start2, end: start2 + this.#length - 1, total: head.byteRange?.total });
  }
  #start(head = this.#head) {
    return head.byteRange?.start ?? 1;
  }
  #taken(octets) {
    this.#unread -= octets;
    this.#updateFlow();
  }
  /** Stops at the bound, goes on at half of it, so that a slow reader does not toggle the socket with each piece. */
  #updateFlow() {
    const { maxUnread } = this.#options.limits;
    if (this.#held ? this.#unread > maxUnread / 2 : this.#unread <= maxUnread) return;
    this.#held = !this.#held;
    this.#options.flow(!this.#held);
  }
};

// packages/msrp/src/message-sender.ts
var MessageSender = class {
  #options;
  /** With a chunk to write; the order is the order of turns. */
  #short = /* @__PURE__ */ new Set();
  #long = /* @__PURE__ */ new Set();
  #waitingForBody = /* @__PURE__ */ new Set();
  #sent = /* @__PURE__ */ new Map();
  /** By transaction id, the earliest due first. */
  #unanswered = /* @__PURE__ */ new Map();
  #current;
  #answeredEarly = false;
  constructor(options2) {
    this.#options = options2;
  }
  get open() {
    return this.#current?.open ?? false;
  }
  get waiting() {
    if (this.#options.remotePath() === void 0) return "none";
    return this.#short.size > 0 ? "urgent" : this.#long.size > 0 ? "share" : "none";
  }
  /** Transactions that wait for a response. */
  get unanswered() {
    return this.#unanswered.size;
  }
  add(message) {
    this.#remember(message);
    this.changed(message);
  }
  /** Sorts a message in where it belongs now, and tells when there is something to write. */
  changed(message) {
    this.#short.delete(message);
    this.#long.delete(message);
    this.#waitingForBody.delete(message);
    const { waiting } = message;
    if (waiting === "urgent") this.#short.add(message);
    else if (waiting === "share") this.#long.add(message);
    else if (!message.done) this.#waitingForBody.add(message);
    if (waiting !== "none" || message.open) this.#options.ready();
  }
  pull(now, demand) {
    const current = this.#current;
    if (current?.open === true) {
      const bytes = this.#pull(current, now, moreUrgent(demand, this.waiting));
      if (bytes !== void 0 || current.open) return bytes;
    }
    const next = first(this.#short) ?? first(this.#long);
    if (next === void 0 || this.waiting === "none") return void 0;
    this.#short.delete(next);
    this.#long.delete(next);
    this.#current = next;
    return this.#pull(next, now, demand);
  }
  abandon() {
    return this.#current.abandon();
  }
  deadline() {
    return first(this.#unanswered.values())?.due;
  }
  wake(now) {
    for (const [transactionId, { message, due }] of this.#unanswered) {
      if (due > now) return;
      this.#unanswered.delete(transactionId);
      if (!this.#options.reading()) this.#unanswered.set(transactionId, { message, due: now + RESPONSE_WAIT });
      else if (message.rules.timesOut) message.giveUp(msrpError("MSRP_RESPONSE_TIMEOUT"));
    }
  }
  /** The Content-Type of the message a transaction belongs to. */
  typeOf(transactionId) {
    return this.#ofTransaction(transactionId)?.contentType;
  }
  /** Returns why the session is over, if it is. */
  response(head) {
    const status2 = head.status;
    const message = this.#ofTransaction(head.transactionId);
    if (message === void 0) return void 0;
    const chunkHasLeft = this.#unanswered.delete(head.transactionId);
    if (consequence(status2, "response") !== "none") return this.#failed(message, status2, head.comment, "response");
    if (!chunkHasLeft) this.#answeredEarly = true;
    else if (message.rules.answers200) message.answered();
    return void 0;
  }
  /** A REPORT; one for a message nobody knows is ignored (RFC 4975 §7.1.2). Returns why the session is over, if it is. */
  report(head) {
    const message = this.#sent.get(head.messageId ?? "");
    const status2 = head.statusHeader;
    if (message === void 0 || status2 === void 0 || status2.namespace !== "000") return void 0;
    if (consequence(status2.code, "report") !== "none") return this.#failed(message, status2.code, status2.comment, "report");
    message.cover(head.byteRange);
    return void 0;
  }
  /** The session is over. */
  close(error) {
    this.#unanswered.clear();
    for (const message of [...this.#sent.values(), ...this.#short, ...this.#long, ...this.#waitingForBody]) message.giveUp(error);
    this.#sent.clear();
  }
  /** The message of a chunk that waits for its response, or is being written. */
  #ofTransaction(transactionId) {
    const open = this.#current?.open === true && this.#current.transactionId === transactionId ? this.#current : void 0;
    return this.#unanswered.get(transactionId)?.message ?? open;
  }
  #pull(message, now, demand) {
    const { localUri, newTransactionId, remotePath } = this.#options;
    if (!message.open) this.#answeredEarly = false;
    const bytes = message.pull(demand, newTransactionId, remotePath(), [localUri]);
    if (bytes !== void 0 && !message.open) this.#chunkEnded(message, now);
    return bytes;
  }
  #chunkEnded(message, now) {
    if (message.rules.answersFailure && !this.#answeredEarly && message.failure === void 0) {
      this.#unanswered.set(message.transactionId, { message, due: now + RESPONSE_WAIT });
      if (message.rules.answers200) message.expectAnswer();
    }
    if (message.done) message.settle();
    else this.changed(message);
  }
  #failed(message, status2, comment2, from) {
    const detail = comment2 === void 0 ? String(status2) : `${status2} ${comment2}`;
    const error = status2 === 408 ? msrpError("MSRP_RESPONSE_TIMEOUT", { detail: "a relay waited in vain" }) : msrpError("MSRP_REFUSED_BY_PEER", { status: status2, detail });
    message.giveUp(error);
    return consequence(status2, from) === "session" ? error : void 0;
  }
  /** Messages wait for REPORTs without limit of time, so their number has one. */
  #remember(message) {
    this.#sent.delete(message.messageId);
    this.#sent.set(message.messageId, message);
    if (this.#sent.size <= this.#options.maxRemembered) return;
    for (const [id, each] of this.#sent) {
      if (!each.done) continue;
      this.#sent.delete(id);
      each.forget();
      return;
    }
  }
};
function first(values) {
  for (const value of values) return value;
  return void 0;
}

// packages/msrp/src/body-source.ts
var EMPTY = new Uint8Array(0);
var BodySource = class {
  size;
  #iterator;
  #changed;
  #piece;
  #taken = 0;
  #arrived = 0;
  #ended;
  #asked = false;
  #failure;
  /** `size` is the octets the pieces will have, if known. `changed`: `available`, `ended` or `failure` may differ now. */
  constructor(body, size, changed) {
    this.#changed = changed;
    if (!(Symbol.asyncIterator in body)) {
      this.size = body.length;
      this.#piece = body;
      this.#ended = true;
      this.#arrived = body.length;
      return;
    }
    this.size = size;
    this.#ended = false;
    this.#iterator = body[Symbol.asyncIterator]();
  }
  /** Octets that can be taken at once. */
  get available() {
    return (this.#piece?.length ?? 0) - this.#taken;
  }
  /** Nothing follows the available octets. */
  get ended() {
    return this.#ended;
  }
  /** Why the body cannot be completed. */
  get failure() {
    return this.#failure;
  }
  /** Up to `most` octets; asks for the next piece when this one is used up. */
  take(most) {
    const piece = this.#piece;
    if (piece === void 0) return EMPTY;
    const part = piece.subarray(this.#taken, Math.min(piece.length, this.#taken + most));
    this.#taken += part.length;
    this.has(1);
    return part;
  }
  /** Whether so many octets are there, or the rest of the body. If not, they are asked for. */
  has(octets) {
    if (this.available >= octets || this.#ended || this.#failure !== void 0) return true;
    if (this.#asked) return false;
    this.#asked = true;
    const iterator = this.#iterator;
    iterator.next().then((result) => this.#arrive(result), (error) => this.#fail(error));
    return false;
  }
  /** The message was given up: the source may release what it holds. */
  cancel() {
    if (this.#ended || this.#failure !== void 0) return;
    this.#failure = msrpError("MSRP_SEND_ABORTED");
    this.#piece = void 0;
    this.#taken = 0;
    this.#iterator?.return?.().then(void 0, () => void 0);
  }
  #arrive(result) {
    this.#asked = false;
    if (this.#failure !== void 0) return;
    if (result.done === true) this.#ended = true;
    else {
      const rest = this.#piece?.subarray(this.#taken) ?? EMPTY;
      this.#piece = rest.length === 0 ? result.value : concatBytes([rest, result.value]);
      this.#taken = 0;
      this.#arrived += result.value.length;
    }
    if (this.size !== void 0 && (this.#arrived > this.size || this.#ended && this.#arrived < this.size)) {
      this.#fail(msrpError("MSRP_BODY_FAILED", { detail: `${this.#arrived} octets instead of ${this.size}` }));
      return;
    }
    this.#changed();
  }
  #fail(error) {
    this.#asked = false;
    if (this.#failure !== void 0) return;
    this.#failure = error;
    this.#piece = void 0;
    this.#taken = 0;
    this.#changed();
  }
};

// packages/msrp/src/outgoing-message.ts
var PIECE = 65536;
var SHARED_PIECE = 8192;
var OutgoingMessage = class {
  messageId;
  contentType;
  rules;
  accepted;
  reported;
  #message;
  #source;
  #chunker;
  #changed;
  #acceptance = new Settlement();
  #report = new Settlement();
  #covered = [];
  #unanswered = 0;
  #chunkStart = 0;
  #failure;
  /** Of the open chunk or the last one. */
  transactionId = "";
  /** `changed`: it may have something to write now, or nothing any more. */
  constructor(message, messageId, changed) {
    this.#message = message;
    this.messageId = messageId;
    this.contentType = message.contentType;
    this.rules = reportRules({ successReport: message.successReport ?? false, failureReport: message.failureReport ?? "yes" });
    this.#changed = changed;
    this.#source = new BodySource(message.body, message.size, () => this.#bodyChanged());
    this.#chunker = new Chunker({ size: this.#source.size, ...message.chunkSize === void 0 ? {} : { chunkSize: message.chunkSize } });
    this.accepted = this.#acceptance.promise;
    this.reported = this.#report.promise;
    if (!this.rules.reportsSuccess) this.#report.reject(msrpError("MSRP_SESSION_MISUSED", { detail: "no success report was asked for" }));
    const { signal } = message;
    if (signal?.aborted === true) this.abort();
    else signal?.addEventListener("abort", () => this.abort(), { once: true });
  }
  /** A chunk is on the wire and not ended. */
  get open() {
    return this.#chunker.isOpen;
  }
  /** Nothing will be written any more. */
  get done() {
    return this.#chunker.done || this.#failure !== void 0 && this.#chunker.position === 0 && !this.open;
  }
  get failure() {
    return this.#failure;
  }
  /** What the next chunk needs of the connection; `none` while the body is awaited. */
  get waiting() {
    if (this.done || this.open) return "none";
    if (this.#failure !== void 0) return "urgent";
    if (!this.#source.has(MIN_CHUNK)) return "none";
    return this.#source.size !== void 0 && this.#source.size <= MIN_CHUNK ? "urgent" : "share";
  }
  abort() {
    this.giveUp(msrpError("MSRP_SEND_ABORTED"));
  }
  /** Writes no more of it; an open chunk, or one in its place, ends with `#` (RFC 4975 §7.1). */
  giveUp(error) {
    if (this.#failure !== void 0) return;
    this.#acceptance.reject(error);
    this.#report.reject(error);
    if (this.#chunker.done) return;
    this.#failure = error;
    this.#source.cancel();
    this.#changed(this);
  }
  /** The next octets of the open chunk, or the first ones of the next: `transactionId` is its name. */
  pull(demand, transactionId, toPath, fromPath) {
    if (this.open) return this.#continue(demand);
    this.transactionId = transactionId();
    const head = this.#head(this.#chunker.open(), toPath, fromPath);
    if (this.#failure !== void 0) return concatBytes([head, this.abandon()]);
    const { room: room2 } = this.#chunker;
    if (room2 > MIN_CHUNK || this.#source.available < room2) return head;
    return concatBytes([head, this.#take(room2), this.#close()]);
  }
  /** What ends the open chunk at once. */
  abandon() {
    return encodeEnd(this.transactionId, this.#chunker.abort(), true);
  }
  /** A chunk has left and will be answered. */
  expectAnswer() {
    this.#unanswered++;
  }
  /** A chunk was answered with 200. */
  answered() {
    this.#unanswered--;
    this.settle();
  }
  /** Accepted once all has left and nothing is to be answered any more. */
  settle() {
    if (!this.#chunker.done) return;
    if (this.#unanswered === 0) this.#acceptance.resolve();
    this.#settleReport();
  }
  /** No REPORT will be looked at any more. */
  forget() {
    this.#report.reject(msrpError("MSRP_REPORT_MISSING"));
  }
  /** A success REPORT covers these octets; without a range, all of them (RFC 4975 §7.1.3). */
  cover(range) {
    let from = range === void 0 ? 0 : range.start - 1;
    let to2 = range?.end ?? range?.total ?? this.#chunker.position;
    for (let i = this.#covered.length - 1; i >= 0; i--) {
      const each = this.#covered[i];
      if (each.from > to2 || each.to < from) continue;
      from = Math.min(from, each.from);
      to2 = Math.max(to2, each.to);
      this.#covered.splice(i, 1);
    }
    this.#covered.push({ from, to: to2 });
    this.#settleReport();
  }
  // The receiver may report in pieces, and on pieces while later ones are still being written.
  #settleReport() {
    const size = this.#chunker.position;
    if (this.#chunker.done && this.#covered.some(({ from, to: to2 }) => from <= 0 && to2 >= size)) this.#report.resolve();
  }
  #continue(demand) {
    if (this.#failure !== void 0) return this.abandon();
    const { room: room2 } = this.#chunker;
    const { available, ended } = this.#source;
    if (room2 === 0 || available === 0 && ended) return this.#close();
    if (this.#chunker.interruptible && (mustYield(this.#chunker.position - this.#chunkStart, demand) || available === 0 && demand !== "none")) return this.#close();
    if (!this.#source.has(1)) return void 0;
    return this.#take(Math.min(room2, demand === "none" ? PIECE : SHARED_PIECE));
  }
  #take(most) {
    const part = this.#source.take(most);
    this.#chunker.wrote(part.length);
    return part;
  }
  #close() {
    if (this.#source.size === void 0 && this.#source.ended && this.#source.available === 0) this.#chunker.finish();
    return encodeEnd(this.transactionId, this.#chunker.close(), true);
  }
  #head(range, toPath, fromPath) {
    this.#chunkStart = this.#chunker.position;
    const { successReport: successReport2, failureReport: failureReport2, fields: fields2 = [] } = this.#message;
    return encodeHead({
      transactionId: this.transactionId,
      method: "SEND",
      toPath,
      fromPath,
      fields: [
        ["Message-ID", this.messageId],
        ["Byte-Range", formatByteRange(range)],
        ...successReport2 === true ? [["Success-Report", "yes"]] : [],
        ...failureReport2 === void 0 || failureReport2 === "yes" ? [] : [["Failure-Report", failureReport2]],
        ...fields2,
        ["Content-Type", this.contentType]
      ],
      body: true
    });
  }
  #bodyChanged() {
    const { failure } = this.#source;
    if (failure === void 0) this.#changed(this);
    else this.giveUp(msrpError("MSRP_BODY_FAILED", { cause: failure, ...failure instanceof Error ? { detail: failure.message } : {} }));
  }
};
var Settlement = class {
  promise;
  resolve;
  reject;
  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => void 0);
  }
};

// packages/msrp/src/session.ts
var defaultSessionLimits = { ...defaultReassemblyLimits, maxMessages: 32, maxUnread: 262144, maxRemembered: 1e3 };
var MsrpSession = class {
  /** Add it to the {@link SessionTable} of the connections. */
  entry;
  /** Root media types the peer takes (its a=accept-types); undefined: not checked (RFC 4975 §8.6). */
  peerAcceptTypes;
  #random;
  #sender;
  #receiver;
  /** Types the peer answered with 415: none of them again in this session (RFC 4975 §10.6). */
  #refusedTypes = /* @__PURE__ */ new Set();
  #undelivered = [];
  #handlers;
  #inReport = false;
  constructor({ uri: uri2, random, acceptTypes = ["*"], limits, acknowledge = "arrived", reportOn = "message", matchMode = "strict", changed }) {
    const bounds = { ...defaultSessionLimits, ...limits };
    this.#random = random;
    this.#sender = new MessageSender({
      localUri: uri2,
      remotePath: () => this.entry.state === "bound" ? this.entry.remotePath : void 0,
      newTransactionId: () => randomIdent(random),
      reading: () => this.entry.connection?.reading ?? true,
      ready: () => this.#writeReady(),
      maxRemembered: bounds.maxRemembered
    });
    this.#receiver = new MessageReceiver({
      acceptTypes,
      limits: bounds,
      acknowledge,
      reportOn,
      message: (message) => this.#deliver(message),
      respond: (head, status2) => this.entry.connection?.respond(head, status2),
      reportSuccess: (head, range) => this.#reportSuccess(head, range),
      flow: (open) => open ? this.entry.connection?.resume(this) : this.entry.connection?.pause(this)
    });
    this.entry = new SessionEntry({
      uri: uri2,
      sink: this,
      source: this.#sender,
      matchMode,
      changed: () => {
        this.#writeReady();
        changed?.();
      }
    });
  }
  get uri() {
    return this.entry.uri;
  }
  /** Octets of messages that arrived and were not read. */
  get unread() {
    return this.#receiver.unread;
  }
  /** Who is told; messages that came before are told at once. */
  attach(handlers) {
    this.#handlers = handlers;
    for (const message of this.#undelivered.splice(0)) this.#deliver(message);
  }
  /**
   * Queues a message; it leaves once the session is bound. Short ones (2048 octets) overtake long ones, which take turns
   * (RFC 4975 §7.1.1). Throws `MSRP_SESSION_CLOSED`, `MSRP_TYPE_NOT_OFFERED`, `MSRP_CHUNK_MISUSED`.
   */
  send(message) {
    if (this.entry.state === "closed") throw msrpError("MSRP_SESSION_CLOSED");
    const type = message.contentType;
    const offered = this.peerAcceptTypes === void 0 || acceptsType(this.peerAcceptTypes, void 0, type);
    if (!offered || this.#refusedTypes.has(type)) throw msrpError("MSRP_TYPE_NOT_OFFERED", { detail: type });
    const outgoing = new OutgoingMessage(message, message.messageId ?? randomIdent(this.#random), (each) => this.#sender.changed(each));
    this.#sender.add(outgoing);
    return outgoing;
  }
  /** Ends the session; the connection stays for others. What was not sent fails with `MSRP_SESSION_CLOSED`. */
  close() {
    this.entry.end();
  }
  head(head, _connection) {
    this.#inReport = head.method === "REPORT";
    if (this.#inReport) this.#report(head);
    else this.#receiver.head(head);
  }
  body(bytes, offset) {
    if (!this.#inReport) this.#receiver.body(bytes, offset);
  }
  end(flag) {
    if (!this.#inReport) this.#receiver.end(flag);
  }
  response(head) {
    const type = head.status === 415 ? this.#sender.typeOf(head.transactionId) : void 0;
    if (type !== void 0) this.#refusedTypes.add(type);
    this.#endFor(this.#sender.response(head));
  }
  lost() {
    this.#receiver.lost();
  }
  closed(error) {
    const reason = error ?? msrpError("MSRP_SESSION_CLOSED");
    this.#sender.close(reason);
    this.#receiver.close(reason);
    this.#handlers?.closed?.(error);
  }
  #report(head) {
    const { messageId, statusHeader, byteRange: byteRange2 } = head;
    if (messageId === void 0 || statusHeader === void 0) return;
    const { code: status2, comment: comment2 } = statusHeader;
    const over = this.#sender.report(head);
    this.#handlers?.report?.({ messageId, status: status2, ...comment2 === void 0 ? {} : { comment: comment2 }, ...byteRange2 === void 0 ? {} : { range: byteRange2 } });
    this.#endFor(over);
  }
  #endFor(error) {
    if (error !== void 0) this.entry.end(error);
  }
  #reportSuccess(head, range) {
    this.entry.connection?.sendFrame(encodeReport({
      transactionId: randomIdent(this.#random),
      toPath: head.fromPath,
      localUri: this.uri,
      messageId: head.messageId,
      range,
      status: 200,
      comment: "OK"
    }));
  }
  #deliver(message) {
    if (this.#handlers?.message === void 0) this.#undelivered.push(message);
    else this.#handlers.message(message);
  }
  #writeReady() {
    if (this.entry.state === "bound" && (this.#sender.waiting !== "none" || this.#sender.open)) this.entry.connection?.sourceReady(this.#sender);
  }
};

// packages/msrp/src/raw-lane.ts
var RawLane = class {
  #highWater;
  #ready;
  #drained;
  #items = [];
  #octets = 0;
  #full = false;
  // What the caller is in, and what the wire is in.
  #writing = false;
  #start;
  #transactionId = "";
  #suspended = false;
  #sent = 0;
  open = false;
  /** `highWater`: octets that may wait before `write` returns false. */
  constructor(highWater, ready, drained) {
    this.#highWater = highWater;
    this.#ready = ready;
    this.#drained = drained;
  }
  get waiting() {
    return this.#items.length === 0 ? "none" : "share";
  }
  /** Octets that wait to be written. */
  get pending() {
    return this.#octets;
  }
  /** Begins a frame; `writeBody` and `end` belong to it. False: stop until drained. */
  start(frame) {
    if (this.#writing) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "the frame before has no end" });
    this.#writing = true;
    return this.#push({ kind: "start", frame }, frame.head.length);
  }
  /** Copies the octets, since they are mostly a view of what just arrived. */
  body(bytes) {
    if (!this.#writing) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "no frame was begun" });
    return bytes.length === 0 ? !this.#full : this.#push({ kind: "body", bytes: copyOf(bytes) }, bytes.length);
  }
  end(flag) {
    if (!this.#writing) throw msrpError("MSRP_CHUNK_MISUSED", { detail: "no frame was begun" });
    this.#writing = false;
    return this.#push({ kind: "end", flag }, 0);
  }
  pull(_now, demand) {
    const resume = this.#start?.resume;
    if (this.open && resume !== void 0 && (mustYield(this.#sent, demand) || demand !== "none" && this.#items.length === 0 && this.#sent > 0)) {
      this.open = false;
      this.#suspended = true;
      return encodeEnd(this.#transactionId, "+", true);
    }
    const item = this.#items[0];
    if (item === void 0) return void 0;
    if (this.#suspended && resume !== void 0) {
      this.#suspended = false;
      return this.#open(resume(this.#sent));
    }
    this.#items.shift();
    if (item.kind === "start") {
      this.#start = item.frame;
      this.#sent = 0;
      this.#release(item.frame.head.length);
      return this.#open(item.frame);
    }
    if (item.kind === "end") {
      const hasBody = this.#start?.hasBody ?? true;
      this.open = false;
      this.#start = void 0;
      return encodeEnd(this.#transactionId, item.flag, hasBody);
    }
    this.#sent += item.bytes.length;
    this.#release(item.bytes.length);
    return item.bytes;
  }
  abandon() {
    this.open = false;
    this.#items.length = 0;
    return encodeEnd(this.#transactionId, "#", this.#start?.hasBody ?? true);
  }
  deadline() {
    return void 0;
  }
  wake() {
  }
  #open(frame) {
    this.open = true;
    this.#transactionId = frame.transactionId;
    return frame.head;
  }
  #push(item, octets) {
    this.#items.push(item);
    this.#octets += octets;
    if (this.#octets >= this.#highWater) this.#full = true;
    this.#ready();
    return !this.#full;
  }
  #release(octets) {
    this.#octets -= octets;
    if (!this.#full || this.#octets > this.#highWater / 2) return;
    this.#full = false;
    this.#drained();
  }
};

// packages/msrp/src/local-session.ts
var LocalSession = class {
  #host;
  #waiters = [];
  constructor(host4) {
    this.#host = host4;
  }
  /** For a=path. */
  get uri() {
    return this.entry.uri;
  }
  get state() {
    return this.entry.state;
  }
  /**
   * Active (RFC 4975 §5.4, RFC 6135 §4.2): connects to the first URI of the peer's a=path, or takes a connection that goes
   * there, and sends an empty SEND at once. Rejects, and the session is over, with what the network says,
   * `MSRP_SCHEME_MISMATCH` or `MSRP_SESSION_CLOSED`.
   */
  async connect(remotePath, options2 = {}) {
    this.entry.connect(remotePath);
    try {
      const driver = await this.#host.connectTo(remotePath[0], options2);
      if (this.entry.state !== "connecting") throw this.#reason();
      this.entry.connected(driver.msrp, randomIdent(this.#host.random));
    } catch (error) {
      const reason = ProtocolError.is(error) ? error : msrpError("MSRP_CONNECTION_LOST", { cause: error });
      this.entry.end(reason);
      throw reason;
    }
  }
  /**
   * Passive: the peer connects, and its first request binds the session. Resolves when it has; the promise need not be
   * observed. Frames that came before are kept if they are this peer's.
   */
  accept(remotePath) {
    this.entry.accept(remotePath);
    const bound = new Promise((resolve, reject) => {
      if (this.entry.state === "bound") resolve();
      else this.#waiters.push({ resolve, reject });
    });
    bound.catch(() => void 0);
    return bound;
  }
  /** Ends the session here. The connection is closed with its last session. */
  close() {
    this.entry.end();
  }
  stateChanged() {
    const { state } = this.entry;
    if (state === "bound") for (const waiter of this.#waiters.splice(0)) waiter.resolve();
    if (state !== "closed") return;
    this.#host.forget(this.entry);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#reason());
  }
  #reason() {
    return this.entry.reason ?? msrpError("MSRP_SESSION_CLOSED");
  }
};
var MessageSession = class extends LocalSession {
  entry;
  messages;
  constructor(host4, options2) {
    super(host4);
    this.messages = new MsrpSession({ ...options2, changed: () => this.stateChanged() });
    this.entry = this.messages.entry;
  }
  /** As {@link MsrpSession.attach}. */
  attach(handlers) {
    this.messages.attach(handlers);
  }
  /** As {@link MsrpSession.send}. */
  send(message) {
    return this.messages.send(message);
  }
};
var FrameSession = class extends LocalSession {
  entry;
  #lane;
  constructor(host4, { uri: uri2, sink, matchMode, highWater }) {
    super(host4);
    this.#lane = new RawLane(highWater, () => this.#ready(), () => sink.drain?.());
    this.entry = new SessionEntry({
      uri: uri2,
      sink,
      source: this.#lane,
      matchMode,
      changed: () => {
        this.stateChanged();
        this.#ready();
      }
    });
  }
  /** Octets of chunks that wait to be written. */
  get pending() {
    return this.#lane.pending;
  }
  /**
   * Begins a chunk; `writeBody` and `endFrame` go on with it, and no other session writes in between on the same
   * connection unless the frame says how to resume. False, here and below: stop until `sink.drain`. What is written
   * before the session is bound waits.
   */
  startFrame(frame) {
    return this.#lane.start(frame);
  }
  /** Octets of the body; they are copied, so a view from `sink.body` may be passed on. */
  writeBody(bytes) {
    return this.#lane.body(bytes);
  }
  endFrame(flag) {
    return this.#lane.end(flag);
  }
  /** A whole short frame, a REPORT or a relayed response: it overtakes chunks. Dropped when the session is not bound. */
  writeFrame(frame) {
    this.entry.connection?.sendFrame(frame);
  }
  /** Answers a request that came to this session, where its Failure-Report wants that answer (RFC 4975 §7.2). */
  respond(head, status2, comment2) {
    this.entry.connection?.respond(head, status2, comment2);
  }
  /** Stops reading from the peer: credit for a receiver on another connection that is full. */
  pause() {
    this.entry.connection?.pause(this.entry.sink);
  }
  resume() {
    this.entry.connection?.resume(this.entry.sink);
  }
  #ready() {
    if (this.entry.state === "bound" && this.#lane.waiting !== "none") this.entry.connection?.sourceReady(this.#lane);
  }
};

// packages/msrp/src/connection-pool.ts
var ConnectionPool = class {
  #attempts = /* @__PURE__ */ new Map();
  /** The connection of that key, or the one being made, or a new one. */
  async take(key, connect2) {
    for (let attempt3 = this.#attempts.get(key); attempt3 !== void 0; attempt3 = this.#attempts.get(key)) {
      const driver = await attempt3.catch(() => void 0);
      if (driver?.usable === true) return driver;
      this.#forget(key, attempt3);
    }
    const attempt2 = connect2();
    this.#attempts.set(key, attempt2);
    try {
      const driver = await attempt2;
      driver.whenClosed(() => this.#forget(key, attempt2));
      return driver;
    } catch (error) {
      this.#forget(key, attempt2);
      throw error;
    }
  }
  #forget(key, attempt2) {
    if (this.#attempts.get(key) === attempt2) this.#attempts.delete(key);
  }
};

// packages/msrp/src/connection-driver.ts
var ConnectionDriver = class {
  msrp;
  #socket;
  #clock;
  #trace;
  #changed;
  #whenClosed = [];
  #writable = true;
  #scheduled = false;
  #ending = false;
  #gone = false;
  /** A session was bound here. */
  #used = false;
  #timer;
  #due = Infinity;
  constructor({ socket, clock, sessions, limits, trace, changed }) {
    this.#socket = socket;
    this.#clock = clock;
    this.#trace = trace;
    this.#changed = changed;
    this.msrp = new MsrpConnection({
      sessions,
      now: clock.now(),
      ...limits === void 0 ? {} : { limits },
      ready: () => this.#schedule(),
      flow: (reading) => reading ? socket.resume() : socket.pause()
    });
    socket.attach({
      data: (bytes) => {
        this.#trace?.({ direction: "in", connection: socket, bytes });
        this.msrp.receive(bytes, clock.now());
        this.#pump();
      },
      drain: () => {
        this.#writable = true;
        this.#pump();
      },
      closed: (error) => {
        this.#gone = true;
        this.#timer?.cancel();
        this.msrp.lost(this.#lossOf(error));
        for (const tell of this.#whenClosed.splice(0)) tell();
      }
    });
    this.#arm();
  }
  get used() {
    return this.#used;
  }
  /** Further sessions may be bound here. */
  get usable() {
    return !this.#ending && !this.#gone && this.msrp.failure === void 0;
  }
  whenClosed(tell) {
    if (this.#gone) tell();
    else this.#whenClosed.push(tell);
  }
  /** Ends the connection once what waits is written. */
  end() {
    if (this.#ending) return;
    this.#ending = true;
    this.#schedule();
  }
  destroy() {
    this.#socket.destroy();
  }
  #lossOf(error) {
    return this.msrp.failure ?? msrpError("MSRP_CONNECTION_LOST", error === void 0 ? {} : { detail: error.message, cause: error });
  }
  // Later, so that everything written in one turn leaves together.
  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }
  #pump() {
    if (this.#gone) return;
    const now = this.#clock.now();
    this.#socket.cork();
    while (this.#writable) {
      const bytes = this.msrp.transmit(now);
      if (bytes === void 0) break;
      this.#trace?.({ direction: "out", connection: this.#socket, bytes });
      this.#writable = this.#socket.write(bytes);
    }
    this.#socket.uncork();
    if (this.msrp.bound.size > 0) this.#used = true;
    this.#changed(this);
    if (this.msrp.failure !== void 0 || this.#ending && this.msrp.idle) this.#socket.end();
    this.#arm();
  }
  #arm() {
    const deadline = this.msrp.deadline();
    if (deadline === void 0 || this.#ending || this.#gone || deadline >= this.#due) return;
    this.#timer?.cancel();
    this.#due = deadline;
    this.#timer = this.#clock.setTimer(Math.max(0, deadline - this.#clock.now()), () => {
      this.#due = Infinity;
      this.msrp.wake(this.#clock.now());
      this.#pump();
    });
  }
};

// packages/msrp/src/endpoint.ts
var MSRP_PORT = 2855;
var MsrpEndpoint = class {
  #options;
  #limits;
  #sessions;
  #listeners = /* @__PURE__ */ new Set();
  #drivers = /* @__PURE__ */ new Set();
  /** Accepted and without a session, the oldest first. */
  #unbound = /* @__PURE__ */ new Set();
  /** Connections made from here that sessions share, by host and port. */
  #shared = new ConnectionPool();
  #made = /* @__PURE__ */ new Set();
  #host;
  #own;
  #closed = false;
  constructor(options2) {
    this.#options = options2;
    this.#limits = options2.limits ?? {};
    this.#sessions = new SessionTable(options2.matchMode ?? "strict");
    this.#host = {
      random: options2.random,
      connectTo: (uri2, connectOptions) => this.#connectTo(uri2, connectOptions),
      forget: (entry) => this.#sessions.remove(entry)
    };
  }
  /** Sessions that are not closed. */
  get sessionCount() {
    return this.#sessions.size;
  }
  get connectionCount() {
    return this.#drivers.size;
  }
  /**
   * Accepts connections. Own URIs of later sessions carry `advertise`, else the address as bound. Resolves with the
   * address as bound; rejects with what the network says.
   */
  async listen(address2, { advertise } = {}) {
    const listener = await this.#options.network.listenTcp(address2, (socket) => this.#accepted(socket));
    if (this.#closed) {
      await listener.close();
      throw msrpError("MSRP_SESSION_CLOSED", { detail: "the endpoint" });
    }
    this.#listeners.add(listener);
    this.#own = advertise ?? listener.local;
    return listener.local;
  }
  createSession(options2 = {}) {
    if (this.#closed) throw msrpError("MSRP_SESSION_CLOSED", { detail: "the endpoint" });
    const { random, matchMode = "strict" } = this.#options;
    const uri2 = this.#newUri(options2);
    const session = "sink" in options2 ? new FrameSession(this.#host, { uri: uri2, sink: options2.sink, matchMode, highWater: this.#limits.highWater ?? 65536 }) : new MessageSession(this.#host, { ...options2, uri: uri2, random, matchMode, limits: { ...this.#limits, ...options2.limits } });
    this.#sessions.add(session.entry);
    return session;
  }
  /** Ends every session and connection, and stops listening. */
  async close() {
    this.#closed = true;
    for (const entry of [...this.#sessions.entries()]) entry.end();
    for (const driver of this.#drivers) driver.end();
    await Promise.all([...this.#listeners].map((listener) => listener.close()));
    this.#listeners.clear();
  }
  #newUri({ host: host4, port: port4 }) {
    const own = this.#own;
    return formatMsrpUri({
      secure: this.#options.secure ?? false,
      // Nobody can connect to who does not listen: a name that never resolves (RFC 2606 §2), the port of RFC 4145 §4.1.
      host: host4 ?? own?.host ?? "client.invalid",
      port: port4 ?? own?.port ?? 9,
      sessionId: randomIdent(this.#options.random, 20)
    });
  }
  #accepted(socket) {
    const { maxUnbound = 256 } = this.#limits;
    if (this.#unbound.size >= maxUnbound) for (const oldest of this.#unbound) {
      oldest.destroy();
      this.#unbound.delete(oldest);
      break;
    }
    this.#unbound.add(this.#drive(socket));
  }
  #drive(socket) {
    const { clock, trace } = this.#options;
    const driver = new ConnectionDriver({
      socket,
      clock,
      sessions: this.#sessions,
      limits: this.#limits,
      ...trace === void 0 ? {} : { trace },
      changed: (each) => this.#changed(each)
    });
    this.#drivers.add(driver);
    driver.whenClosed(() => {
      this.#drivers.delete(driver);
      this.#unbound.delete(driver);
      this.#made.delete(driver);
    });
    return driver;
  }
  /** A connection made from here closes with its last session; an accepted one is given time for another (RFC 4975 §5.4). */
  #changed(driver) {
    if (driver.msrp.bound.size > 0) this.#unbound.delete(driver);
    else if (this.#made.has(driver)) {
      if (driver.used) driver.end();
    } else if (this.#drivers.has(driver)) this.#unbound.add(driver);
  }
  async #connectTo(uri2, { share = true, signal }) {
    const { host: host4, port: port4 = MSRP_PORT, secure } = parseMsrpUri(uri2);
    if (secure !== (this.#options.secure ?? false)) throw msrpError("MSRP_SCHEME_MISMATCH", { detail: secure ? "msrps" : "msrp" });
    const key = `${host4.toLowerCase()} ${port4}`;
    const connect2 = () => this.#connect({ host: host4, port: port4 }, signal);
    return share ? this.#shared.take(key, connect2) : connect2();
  }
  async #connect(remote, signal) {
    const socket = await this.#options.network.connectTcp(remote, signal === void 0 ? {} : { signal });
    if (this.#closed) {
      socket.destroy();
      throw msrpError("MSRP_SESSION_CLOSED", { detail: "the endpoint" });
    }
    const driver = this.#drive(socket);
    this.#made.add(driver);
    return driver;
  }
};

// packages/msrp/src/sdp.ts
var import_sdp_transform = __toESM(require_lib(), 1);

// packages/msrp/src/setup.ts
var answerable = {
  active: ["passive"],
  passive: ["active"],
  actpass: ["passive", "active"],
  holdconn: ["passive"],
  absent: ["passive"]
};
function negotiateSetup(offered, preferred) {
  const choices = answerable[offered ?? "absent"];
  const answer = preferred !== void 0 && choices.includes(preferred) ? preferred : choices[0];
  return { answer, weConnect: answer === "active" };
}
function connectionRole(offered, answered) {
  if (answered === void 0 || answered === "holdconn") return "active";
  if (!answerable[offered ?? "absent"].includes(answered)) {
    throw msrpError("MSRP_SDP_SETUP", { detail: `${answered} in answer to ${offered ?? "none"}` });
  }
  return answered === "active" ? "passive" : "active";
}

// packages/msrp/src/sdp.ts
var defaultSdpLimits = { maxBytes: 65536, maxLineLength: 8192, maxLines: 1e3, maxPathUris: 10 };
function parseMsrpSdp(body, limits = {}) {
  const bounds = { ...defaultSdpLimits, ...limits };
  const description = readLines(body, bounds);
  return readMedia(description, description.media[usableMedia(description)], bounds);
}
function formatMsrpOffer(media, origin) {
  const setup = media.setup ?? "actpass";
  if (setup === "passive" || setup === "holdconn") throw msrpError("MSRP_SDP_SETUP", { detail: `${setup} in an offer` });
  return writeSdp(media, origin, [{ ...messageLine(media), attributes: attributeLines(media, setup) }], void 0);
}
function formatMsrpAnswer(offer, media, origin, limits = {}) {
  const description = readLines(offer, { ...defaultSdpLimits, ...limits });
  const accepted = usableMedia(description);
  const setup = media.setup ?? "passive";
  if (setup !== "active" && setup !== "passive") throw msrpError("MSRP_SDP_SETUP", { detail: `${setup} in an answer` });
  const lines = description.media.map((section, index) => {
    if (index === accepted) return { ...messageLine(media), attributes: attributeLines(media, setup) };
    return { ...mediaLine(section.line), port: 0, attributes: [] };
  });
  return writeSdp(media, origin, lines, description.timing);
}
function readLines(body, limits) {
  if (body.length > limits.maxBytes) throw msrpError("MSRP_SDP_TOO_LARGE", { detail: `${body.length} octets` });
  const lines = (typeof body === "string" ? body : utf8Text(body)).split(/\r\n|\r|\n/);
  if (lines.length > limits.maxLines + 1) throw msrpError("MSRP_SDP_TOO_LARGE", { detail: `${lines.length} lines` });
  const sections = [{ line: "", connection: void 0, attributes: [] }];
  let timing;
  for (const line of lines) {
    if (line.length > limits.maxLineLength) throw msrpError("MSRP_SDP_TOO_LARGE", { detail: `a line of ${line.length} characters` });
    const section = sections[sections.length - 1];
    const value = line.slice(2);
    if (line.startsWith("m=")) sections.push({ line: value, connection: void 0, attributes: [] });
    else if (line.startsWith("a=")) section.attributes.push(value);
    else if (line.startsWith("c=")) section.connection ??= value;
    else if (line.startsWith("t=") && sections.length === 1) timing ??= value;
  }
  const [session, ...media] = sections;
  return { session, timing, media };
}
function usableMedia(description) {
  const index = description.media.findIndex((section) => {
    const { type, port: port4, protocol } = mediaLine(section.line);
    return type === "message" && port4 !== 0 && /^TCP\/(TLS\/)?MSRP$/i.test(protocol);
  });
  if (index < 0) throw msrpError("MSRP_SDP_NO_MEDIA");
  return index;
}
function readMedia(description, section, limits) {
  const { port: port4, protocol } = mediaLine(section.line);
  const own = new Attributes(section.attributes);
  const session = new Attributes(description.session.attributes);
  const path2 = own.take("path")?.trim().split(/ +/);
  if (path2 === void 0 || path2[0] === "") throw msrpError("MSRP_SDP_NO_PATH");
  if (path2.length > limits.maxPathUris) throw msrpError("MSRP_SDP_TOO_LARGE", { detail: `a path of ${path2.length} URIs` });
  for (const uri2 of path2) parseMsrpUri(uri2);
  const acceptTypes = own.take("accept-types");
  if (acceptTypes === void 0) throw msrpError("MSRP_SDP_NO_ACCEPT_TYPES");
  const wrapped = own.take("accept-wrapped-types");
  const maxSize = own.take("max-size")?.trim();
  const setup = own.take("setup") ?? session.take("setup");
  return {
    address: { host: connectionHost(section.connection ?? description.session.connection), port: port4 },
    secure: /TLS/i.test(protocol),
    path: path2,
    acceptTypes: formatEntries(acceptTypes),
    ...wrapped === void 0 ? {} : { acceptWrappedTypes: formatEntries(wrapped) },
    ...maxSize !== void 0 && /^\d{1,15}$/.test(maxSize) ? { maxSize: Number(maxSize) } : {},
    ...isSetup(setup?.trim().toLowerCase()) ? { setup: setup?.trim().toLowerCase() } : {},
    direction: own.takeDirection() ?? session.takeDirection() ?? "sendrecv",
    attributes: own.rest
  };
}
var Attributes = class {
  rest;
  constructor(lines) {
    this.rest = [...lines];
  }
  take(name) {
    const index = this.rest.findIndex((line) => line.startsWith(`${name}:`));
    return index < 0 ? void 0 : this.rest.splice(index, 1)[0]?.slice(name.length + 1);
  }
  takeDirection() {
    const index = this.rest.findIndex((line) => /^(sendrecv|sendonly|recvonly|inactive)$/.test(line));
    return index < 0 ? void 0 : this.rest.splice(index, 1)[0];
  }
};
function isSetup(value) {
  return value === "active" || value === "passive" || value === "actpass" || value === "holdconn";
}
function mediaLine(line) {
  const [type = "", port4 = "", protocol = "", ...formats] = line.split(" ");
  const digits = /^(\d{1,5})(\/\d{1,5})?$/.exec(port4)?.[1];
  if (digits === void 0 || type === "" || protocol === "") throw msrpError("MSRP_SDP_INVALID", { detail: "an m-line without type, port or protocol" });
  return { type, port: Number(digits), protocol, payloads: formats.join(" ") };
}
function connectionHost(line) {
  if (line === void 0) throw msrpError("MSRP_SDP_INVALID", { detail: "no c-line" });
  const host4 = (0, import_sdp_transform.parse)(`c=${line}\r
`).connection?.ip;
  if (host4 === void 0 || host4 === "") throw msrpError("MSRP_SDP_INVALID", { detail: "a c-line without address" });
  return String(host4);
}
function messageLine(media) {
  return { type: "message", port: media.address.port, protocol: media.secure === true ? "TCP/TLS/MSRP" : "TCP/MSRP", payloads: "*" };
}
function attributeLines(media, setup) {
  return [
    `accept-types:${media.acceptTypes.join(" ")}`,
    ...media.acceptWrappedTypes === void 0 ? [] : [`accept-wrapped-types:${media.acceptWrappedTypes.join(" ")}`],
    ...media.maxSize === void 0 ? [] : [`max-size:${media.maxSize}`],
    `setup:${setup}`,
    `path:${media.path.join(" ")}`,
    media.direction ?? "sendrecv",
    ...media.attributes ?? []
  ];
}
function writeSdp(media, origin, lines, timing) {
  const { host: host4 } = media.address;
  const ipVer = host4.includes(":") ? 6 : 4;
  const [start2 = 0, stop = 0] = /^\d{1,15} \d{1,15}$/.test(timing ?? "") ? timing.split(" ").map(Number) : [];
  const username = origin.username ?? "-";
  for (const word2 of [username, host4, ...media.path]) refuseUnless(/^[^\s]+$/, word2);
  refuseUnless(/^\d+$/, String(origin.sessionId));
  for (const line of lines) for (const text of line.attributes) refuseUnless(/^[^\r\n\0]+$/, text);
  const description = {
    version: 0,
    origin: { username, sessionId: origin.sessionId, sessionVersion: origin.version, netType: "IN", ipVer, address: host4 },
    name: "-",
    connection: { version: ipVer, ip: host4 },
    timing: { start: start2, stop },
    media: lines.map(({ attributes, ...line }) => ({ ...line, rtp: [], fmtp: [], invalid: attributes.map((value) => ({ value })) }))
  };
  return (0, import_sdp_transform.write)(description);
}
function refuseUnless(pattern, text) {
  if (!pattern.test(text)) throw msrpError("MSRP_SDP_NOT_WRITABLE");
}

// packages/transport/src/node/clock.ts
import { performance } from "node:perf_hooks";
import { setTimeout, clearTimeout } from "node:timers";
var LONGEST_DELAY = 2147483647;
var nodeClock = {
  now: () => performance.now(),
  date: () => /* @__PURE__ */ new Date(),
  setTimer(delay, fire) {
    const due = performance.now() + Math.max(0, delay);
    let timeout = setTimeout(expire, wait());
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
    function wait() {
      return Math.min(LONGEST_DELAY, Math.ceil(due - performance.now()));
    }
    function expire() {
      if (performance.now() >= due) return fire();
      timeout = setTimeout(expire, wait());
      timeout.unref();
    }
  }
};

// packages/transport/src/node/hash.ts
import { createHash } from "node:crypto";
var OPENSSL_NAMES = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" };
function nodeHash(algorithm, data) {
  return createHash(OPENSSL_NAMES[algorithm]).update(data).digest();
}

// packages/transport/src/errors.ts
var transportErrors = {
  TRANSPORT_BAD_ADDRESS: {
    meaning: "That is no address: give a host name or an IP address without brackets, and a port (0 only to bind)",
    fault: "local"
  },
  TRANSPORT_ADDRESS_IN_USE: {
    meaning: "Another socket has this address: stop its owner, choose another port, or ask for port 0",
    fault: "local"
  },
  TRANSPORT_ADDRESS_NOT_AVAILABLE: {
    meaning: "This machine does not have this address: bind one of its own, or 0.0.0.0 or ::",
    fault: "local"
  },
  TRANSPORT_NOT_PERMITTED: {
    meaning: "The system does not allow this address: ports below 1024 need a privilege, and a firewall may forbid the rest",
    fault: "local"
  },
  TRANSPORT_REFUSED: { meaning: "Nobody listens there: check host and port, and that the other side runs", fault: "remote" },
  TRANSPORT_UNREACHABLE: { meaning: "There is no route from this socket: check network, firewall and address family", fault: "remote" },
  TRANSPORT_TIMEOUT: { meaning: "The other side did not answer in time: try again later or another address", fault: "remote" },
  TRANSPORT_ABORTED: { meaning: "The caller gave the attempt up", fault: "local" },
  TRANSPORT_CLOSED: { meaning: "The connection or socket is closed or was reset: open a new one", fault: "remote" },
  TRANSPORT_NAME_NOT_FOUND: { meaning: "The name has no address: check its spelling and the name server", fault: "remote" },
  TRANSPORT_DATAGRAM_TOO_LARGE: { meaning: "A datagram cannot hold that many octets: send it over a connection", fault: "local" },
  TRANSPORT_FAILED: { meaning: "The system reported an error: its name says which", fault: "local" }
};
var transportError = defineErrors(transportErrors);

// packages/transport/src/address.ts
function formatAddress(address2) {
  return address2.host.includes(":") ? `[${address2.host}]:${address2.port}` : `${address2.host}:${address2.port}`;
}
function checkLocal(address2) {
  check2(address2, 0);
}
function checkRemote(address2) {
  check2(address2, 1);
}
function check2(address2, lowestPort) {
  const { host: host4, port: port4 } = address2;
  if (/^[^\s[\]\p{Cc}]+$/u.test(host4) && Number.isInteger(port4) && port4 >= lowestPort && port4 <= 65535) return;
  throw transportError("TRANSPORT_BAD_ADDRESS", { detail: JSON.stringify({ host: host4, port: port4 }) });
}

// packages/transport/src/defaults.ts
var CONNECT_TIMEOUT = 1e4;
var LINGER = 5e3;

// packages/transport/src/node/tcp.ts
import { connect, createServer } from "node:net";
import { setImmediate, setTimeout as setTimeout3, clearTimeout as clearTimeout3 } from "node:timers";

// packages/transport/src/node/connection.ts
import { setTimeout as setTimeout2, clearTimeout as clearTimeout2 } from "node:timers";

// packages/transport/src/node/system-error.ts
var CODES = {
  EADDRINUSE: "TRANSPORT_ADDRESS_IN_USE",
  EADDRNOTAVAIL: "TRANSPORT_ADDRESS_NOT_AVAILABLE",
  EACCES: "TRANSPORT_NOT_PERMITTED",
  EPERM: "TRANSPORT_NOT_PERMITTED",
  ECONNREFUSED: "TRANSPORT_REFUSED",
  EHOSTUNREACH: "TRANSPORT_UNREACHABLE",
  ENETUNREACH: "TRANSPORT_UNREACHABLE",
  EHOSTDOWN: "TRANSPORT_UNREACHABLE",
  ENETDOWN: "TRANSPORT_UNREACHABLE",
  EAFNOSUPPORT: "TRANSPORT_UNREACHABLE",
  ETIMEDOUT: "TRANSPORT_TIMEOUT",
  ECONNRESET: "TRANSPORT_CLOSED",
  ECONNABORTED: "TRANSPORT_CLOSED",
  EPIPE: "TRANSPORT_CLOSED",
  ENOTFOUND: "TRANSPORT_NAME_NOT_FOUND",
  ENODATA: "TRANSPORT_NAME_NOT_FOUND",
  EAI_AGAIN: "TRANSPORT_NAME_NOT_FOUND",
  EMSGSIZE: "TRANSPORT_DATAGRAM_TOO_LARGE"
};
function systemError(error, where) {
  const name = systemName(error);
  return transportError(CODES[name] ?? "TRANSPORT_FAILED", { detail: `${where} (${name})`, cause: error });
}
function systemName(error) {
  const code = error?.code;
  return typeof code === "string" ? code : String(error);
}

// packages/transport/src/node/connection.ts
var NodeConnection = class {
  local;
  remote;
  secure;
  #socket;
  #linger;
  #handlers;
  #held = false;
  #ending = false;
  #gone = false;
  #error;
  constructor(socket, local, remote, options2) {
    this.#socket = socket;
    this.local = local;
    this.remote = remote;
    this.secure = options2.secure;
    this.#linger = options2.linger;
    socket.on("error", (error) => {
      this.#error ??= systemError(error, formatAddress(remote));
    });
    socket.on("end", () => this.end());
    socket.on("close", () => this.#close());
  }
  get pending() {
    return this.#socket.writableLength;
  }
  attach(handlers) {
    if (this.#handlers !== void 0) {
      this.#handlers = handlers;
      return;
    }
    this.#handlers = handlers;
    if (this.#gone) {
      queueMicrotask(() => this.#tellClosed());
      return;
    }
    this.#socket.on("data", (bytes) => {
      if (!this.#socket.destroyed) this.#handlers?.data(bytes);
    });
    this.#socket.on("drain", () => {
      if (!this.#ending && !this.#socket.destroyed) this.#handlers?.drain?.();
    });
    if (!this.#held) this.#socket.resume();
  }
  write(bytes) {
    if (this.#ending || this.#socket.destroyed) return false;
    return this.#socket.write(bytes);
  }
  cork() {
    this.#socket.cork();
  }
  uncork() {
    this.#socket.uncork();
  }
  pause() {
    this.#held = true;
    this.#socket.pause();
  }
  resume() {
    this.#held = false;
    if (this.#handlers !== void 0) this.#socket.resume();
  }
  end() {
    const socket = this.#socket;
    if (this.#ending || socket.destroyed) return;
    this.#ending = true;
    socket.setTimeout(this.#linger, () => {
      this.#error ??= transportError("TRANSPORT_TIMEOUT", { detail: `${formatAddress(this.remote)} does not take what is pending` });
      socket.destroy();
    });
    socket.end(() => {
      socket.setTimeout(0);
      if (socket.destroyed) return;
      const timer = setTimeout2(() => socket.destroy(), this.#linger).unref();
      socket.once("close", () => clearTimeout2(timer));
    });
  }
  destroy() {
    this.#socket.destroy();
  }
  #close() {
    this.#gone = true;
    if (this.#handlers !== void 0) this.#tellClosed();
  }
  #tellClosed() {
    if (this.#error === void 0) this.#handlers?.closed();
    else this.#handlers?.closed(this.#error);
  }
};

// packages/transport/src/node/tcp.ts
async function listenTcp(local, accept, acceptFailed, linger) {
  checkLocal(local);
  const server2 = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  const bound = await listening(server2, local);
  server2.on("error", (error) => acceptFailed(systemError(error, formatAddress(bound)), bound));
  server2.on("connection", (socket) => {
    const connection = connectionOf(socket, linger);
    if (connection !== void 0) accept(connection);
  });
  let closing;
  return { local: bound, close: () => closing ??= stopAccepting(server2) };
}
function listening(server2, local) {
  return new Promise((resolve, reject) => {
    const failed = (error) => reject(systemError(error, formatAddress(local)));
    server2.once("error", failed);
    server2.listen({ host: local.host, port: local.port, ipv6Only: true }, () => {
      server2.off("error", failed);
      const { address: address2, port: port4 } = server2.address();
      resolve({ host: address2, port: port4 });
    });
  });
}
function stopAccepting(server2) {
  server2.close();
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
function connectTcp(remote, options2, linger) {
  return new Promise((resolve, reject) => {
    const { signal } = options2;
    const where = formatAddress(remote);
    checkRemote(remote);
    if (signal?.aborted) throw transportError("TRANSPORT_ABORTED", { detail: where, cause: signal.reason });
    const limit = options2.timeout ?? (signal === void 0 ? CONNECT_TIMEOUT : void 0);
    const timer = limit === void 0 ? void 0 : setTimeout3(() => giveUp(transportError("TRANSPORT_TIMEOUT", { detail: `${where} after ${limit} ms` })), limit);
    const aborted = () => giveUp(transportError("TRANSPORT_ABORTED", { detail: where, cause: signal?.reason }));
    signal?.addEventListener("abort", aborted, { once: true });
    const socket = connect({ host: remote.host, port: remote.port, allowHalfOpen: true, noDelay: true });
    socket.pause();
    const failed = (error) => giveUp(systemError(error, where));
    socket.once("error", failed);
    socket.once("connect", () => {
      settle();
      const connection = connectionOf(socket, linger);
      if (connection === void 0) reject(transportError("TRANSPORT_CLOSED", { detail: where }));
      else resolve(connection);
    });
    function settle() {
      clearTimeout3(timer);
      signal?.removeEventListener("abort", aborted);
      socket.off("error", failed);
    }
    function giveUp(error) {
      settle();
      socket.destroy();
      reject(error);
    }
  });
}
function connectionOf(socket, linger) {
  const local = addressOf(socket.localAddress, socket.localPort);
  const remote = addressOf(socket.remoteAddress, socket.remotePort);
  if (local !== void 0 && remote !== void 0) return new NodeConnection(socket, local, remote, { secure: false, linger });
  socket.destroy();
  return void 0;
}
function addressOf(host4, port4) {
  return host4 === void 0 || port4 === void 0 ? void 0 : { host: host4, port: port4 };
}

// packages/transport/src/node/udp.ts
import { createSocket } from "node:dgram";
import { lookup as lookup2 } from "node:dns";
import { isIP as isIP2 } from "node:net";

// packages/transport/src/node/resolver.ts
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
var nodeResolver = {
  async lookup(host4) {
    if (isIP(host4) !== 0) return [host4];
    try {
      return (await lookup(host4, { all: true, verbatim: true })).map((entry) => entry.address);
    } catch (error) {
      throw systemError(error, host4);
    }
  }
};

// packages/transport/src/node/udp.ts
async function bindUdp(local, handlers) {
  checkLocal(local);
  const [host4] = await nodeResolver.lookup(local.host);
  const family = isIP2(host4) === 6 ? 6 : 4;
  const socket = createSocket({ type: `udp${family}`, ipv6Only: family === 6, lookup: lookupAtOnce });
  const bound = await listening2(socket, { host: host4, port: local.port });
  return new NodeDatagramSocket(socket, bound, family, handlers);
}
var lookupAtOnce = (host4, options2, callback) => {
  const family = isIP2(host4);
  if (family === 0) lookup2(host4, options2, callback);
  else callback(null, host4, family);
};
function listening2(socket, local) {
  return new Promise((resolve, reject) => {
    const failed = (error) => {
      socket.close();
      reject(systemError(error, formatAddress(local)));
    };
    socket.once("error", failed);
    socket.bind({ address: local.host, port: local.port, exclusive: true }, () => {
      socket.off("error", failed);
      const { address: address2, port: port4 } = socket.address();
      resolve({ host: address2, port: port4 });
    });
  });
}
var NodeDatagramSocket = class {
  local;
  #socket;
  #family;
  #handlers;
  #closing;
  constructor(socket, local, family, handlers) {
    this.local = local;
    this.#socket = socket;
    this.#family = family;
    this.#handlers = handlers;
    socket.on("message", (bytes, from) => handlers.datagram(bytes, { host: from.address, port: from.port }));
    socket.on("error", (error) => handlers.error(systemError(error, formatAddress(local))));
  }
  send(bytes, to2) {
    const refusal2 = this.#refusal(to2);
    if (refusal2 !== void 0) {
      queueMicrotask(() => this.#handlers.error(refusal2, to2));
      return;
    }
    this.#socket.send(bytes, to2.port, to2.host, (error) => {
      if (error !== null && this.#closing === void 0) {
        this.#handlers.error(systemError(error, `${formatAddress(to2)}, ${bytes.length} octets`), to2);
      }
    });
  }
  close() {
    return this.#closing ??= new Promise((resolve) => {
      this.#socket.close(resolve);
    });
  }
  /** Why nothing can go there from here; Node would throw, or give the system's puzzling "invalid argument". */
  #refusal(to2) {
    try {
      checkRemote(to2);
    } catch (error) {
      return error;
    }
    if (this.#closing !== void 0) return transportError("TRANSPORT_CLOSED", { detail: formatAddress(this.local) });
    const family = isIP2(to2.host);
    if (family === 0 || family === this.#family) return void 0;
    return transportError("TRANSPORT_UNREACHABLE", { detail: `${formatAddress(to2)} from an IPv${this.#family} socket` });
  }
};

// packages/transport/src/node/network.ts
var NodeNetwork = class {
  #acceptFailed;
  #linger;
  constructor(options2 = {}) {
    this.#acceptFailed = options2.acceptFailed ?? warn;
    this.#linger = options2.linger ?? LINGER;
  }
  bindUdp(local, handlers) {
    return bindUdp(local, handlers);
  }
  listenTcp(local, accept) {
    return listenTcp(local, accept, this.#acceptFailed, this.#linger);
  }
  connectTcp(remote, options2 = {}) {
    return connectTcp(remote, options2, this.#linger);
  }
};
function warn(error, local) {
  process.emitWarning(error.message, { code: "SIMPLE_IM_ACCEPT_FAILED", detail: formatAddress(local) });
}
var nodeNetwork = new NodeNetwork();

// packages/transport/src/node/random.ts
import { randomFillSync } from "node:crypto";
var nodeRandom = {
  bytes: (length) => randomFillSync(new Uint8Array(length))
};

// packages/sip/src/errors.ts
var messageErrors = {
  SIP_NO_MESSAGE: { meaning: "The datagram holds nothing but line ends, as keepalives do", fault: "remote", section: "RFC 5626 \xA74.4.1" },
  SIP_NOT_SIP: { meaning: "The start line is neither a SIP request line nor a SIP status line", fault: "remote", status: 400, section: "RFC 3261 \xA77.1" },
  SIP_HEAD_UNFINISHED: { meaning: "The datagram ends before the empty line behind the header fields", fault: "remote", status: 400, section: "RFC 3261 \xA77" },
  SIP_HEAD_TOO_LARGE: { meaning: "Start line and header fields exceed the limit headOctets", fault: "remote", status: 513, section: "RFC 3261 \xA721.5.7" },
  SIP_TOO_MANY_FIELDS: { meaning: "There are more header fields than the limit fields", fault: "remote", status: 513, section: "RFC 3261 \xA721.5.7" },
  SIP_BODY_TOO_LARGE: { meaning: "The body exceeds the limit bodyOctets", fault: "remote", status: 513, section: "RFC 3261 \xA721.5.7" },
  SIP_STREAM_UNUSABLE: { meaning: "The stream cannot be framed any further; close the connection", fault: "remote", section: "RFC 3261 \xA718.3" },
  SIP_BAD_REQUEST_LINE: { meaning: "The request line is malformed", fault: "remote", status: 400, section: "RFC 3261 \xA77.1" },
  SIP_BAD_STATUS_LINE: { meaning: "The status line is malformed", fault: "remote", section: "RFC 3261 \xA77.2" },
  SIP_UNSUPPORTED_VERSION: { meaning: "The version of SIP is not 2.0", fault: "remote", status: 505, section: "RFC 3261 \xA721.5.6" },
  SIP_BAD_LINE: { meaning: "A header line has no name, no colon, or a line end that is not CRLF", fault: "remote", status: 400, section: "RFC 3261 \xA77.3.1" },
  SIP_NO_CONTENT_LENGTH: { meaning: "A message on a stream has no Content-Length", fault: "remote", status: 400, section: "RFC 3261 \xA718.3" },
  SIP_BAD_CONTENT_LENGTH: { meaning: "Content-Length is not one number", fault: "remote", status: 400, section: "RFC 3261 \xA720.14" },
  SIP_BODY_TRUNCATED: { meaning: "The body is shorter than Content-Length says", fault: "remote", status: 400, section: "RFC 3261 \xA718.3" },
  SIP_BAD_URI: { meaning: "The Request-URI is malformed", fault: "remote", status: 400, section: "RFC 3261 \xA719.1" },
  SIP_UNSUPPORTED_SCHEME: { meaning: "The scheme of the Request-URI is not known here", fault: "remote", status: 416, section: "RFC 3261 \xA78.2.2.1" },
  SIP_BAD_HEADER: { meaning: "A header field is malformed", fault: "remote", status: 400, section: "RFC 3261 \xA720" },
  SIP_MISSING_HEADER: { meaning: "A mandatory header field is missing", fault: "remote", status: 400, section: "RFC 3261 \xA78.1.1" },
  SIP_DUPLICATE_HEADER: { meaning: "A header field that may appear once appears twice", fault: "remote", status: 400, section: "RFC 3261 \xA77.3.1" },
  SIP_CSEQ_METHOD: { meaning: "The method in CSeq is not the method of the request", fault: "remote", status: 400, section: "RFC 3261 \xA78.1.1.5" },
  SIP_OUT_OF_RANGE: { meaning: "A number in a header field is out of its range", fault: "remote", status: 400, section: "RFC 4475 \xA73.1.2.4" },
  SIP_UNSAFE_FIELD: { meaning: "The text cannot be put into a message without changing its structure", fault: "local", section: "RFC 3261 \xA77.3.1" }
};
var transactionErrors = {
  SIP_TIMEOUT: { meaning: "No final response came in time", fault: "remote", status: 408, section: "RFC 3261 \xA78.1.3.1" },
  SIP_TRANSPORT: { meaning: "The message could not be sent, or the connection was lost before the response", fault: "remote", status: 503, section: "RFC 3261 \xA78.1.3.1" },
  SIP_NO_ACK: { meaning: "No ACK came for the final response to an INVITE", fault: "remote", section: "RFC 3261 \xA717.2.1" },
  SIP_TOO_MANY_TRANSACTIONS: { meaning: "There are as many transactions as the limit maxTransactions allows", fault: "local", status: 503, section: "RFC 3261 \xA721.5.4" },
  SIP_TOO_MANY_CONNECTIONS: { meaning: "There are as many connections as the limit maxConnections allows", fault: "local", status: 503, section: "RFC 3261 \xA721.5.4" },
  SIP_PEER_DOES_NOT_READ: { meaning: "More octets wait for the peer to read than the limit maxPendingOutput; the connection was closed", fault: "remote" },
  SIP_NO_SOCKET: { meaning: "There is no UDP socket of the address family of the destination; call listenUdp first", fault: "local", status: 503 },
  SIP_ENDPOINT_CLOSED: { meaning: "The endpoint was closed", fault: "local", status: 503 },
  SIP_UNRESOLVED: { meaning: "No address was found for the URI", fault: "remote", status: 503, section: "RFC 3263 \xA74" },
  SIP_UNSUPPORTED_TRANSPORT: { meaning: "The URI asks for a transport this endpoint does not have", fault: "local", status: 503, section: "RFC 3263 \xA74.1" },
  SIP_CSEQ_OUT_OF_ORDER: { meaning: "A request in a dialog has a lower CSeq number than one before it", fault: "remote", status: 500, section: "RFC 3261 \xA712.2.2" },
  SIP_NO_DIALOG: { meaning: "The message belongs to no dialog or cannot make one", fault: "remote", status: 481, section: "RFC 3261 \xA712.2.2" },
  SIP_DIALOG_ENDED: { meaning: "The dialog is over; nothing more can be sent in it", fault: "local", status: 481, section: "RFC 3261 \xA712.3" },
  SIP_GLARE: { meaning: "An INVITE is still under way in this dialog; try again when it is done", fault: "local", status: 491, section: "RFC 3261 \xA714.1" },
  SIP_REJECTED: { meaning: "The INVITE was answered with a failure; the response is the cause", fault: "remote", section: "RFC 3261 \xA713.2.2.3" },
  SIP_ABORTED: { meaning: "The caller gave the request up", fault: "local", status: 487 },
  SIP_ALREADY_ANSWERED: { meaning: "The request has had its final response, or was cancelled", fault: "local" }
};
var sipErrors = { ...messageErrors, ...transactionErrors };
var sipError = defineErrors(sipErrors);

// packages/sip/src/limits.ts
var DEFAULT_LIMITS = { headOctets: 65536, fields: 512, bodyOctets: 1048576 };
function limitsOf(options2) {
  return options2?.limits === void 0 ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...options2.limits };
}

// packages/sip/src/field-names.ts
var FIELDS = [
  ["Via", "v"],
  ["From", "f"],
  ["To", "t"],
  ["Call-ID", "i"],
  ["CSeq"],
  ["Max-Forwards"],
  ["Contact", "m"],
  ["Route"],
  ["Record-Route"],
  ["Content-Length", "l"],
  ["Content-Type", "c"],
  ["Expires"],
  ["Min-Expires"],
  ["Path"],
  ["Service-Route"],
  ["Require"],
  ["Proxy-Require"],
  ["Supported", "k"],
  ["Unsupported"],
  ["Allow"],
  ["Event", "o"],
  ["Allow-Events", "u"],
  ["Subject", "s"],
  ["Content-Encoding", "e"],
  ["Accept-Contact", "a"],
  ["Reject-Contact", "j"],
  ["Request-Disposition", "d"],
  ["Refer-To", "r"],
  ["Referred-By", "b"],
  ["Session-Expires", "x"],
  ["Identity", "y"],
  ["Identity-Info", "n"],
  ["Accept"],
  ["Accept-Encoding"],
  ["Accept-Language"],
  ["Alert-Info"],
  ["Authentication-Info"],
  ["Authorization"],
  ["Call-Info"],
  ["Content-Disposition"],
  ["Content-ID"],
  ["Content-Language"],
  ["Date"],
  ["Error-Info"],
  ["History-Info"],
  ["In-Reply-To"],
  ["Join"],
  ["MIME-Version"],
  ["Min-SE"],
  ["Organization"],
  ["P-Access-Network-Info"],
  ["P-Asserted-Identity"],
  ["P-Asserted-Service"],
  ["P-Associated-URI"],
  ["P-Called-Party-ID"],
  ["P-Charging-Function-Addresses"],
  ["P-Charging-Vector"],
  ["P-Early-Media"],
  ["P-Preferred-Identity"],
  ["P-Preferred-Service"],
  ["P-Served-User"],
  ["P-Visited-Network-ID"],
  ["Priority"],
  ["Privacy"],
  ["Proxy-Authenticate"],
  ["Proxy-Authorization"],
  ["RAck"],
  ["Reason"],
  ["Replaces"],
  ["Reply-To"],
  ["Resource-Priority"],
  ["Retry-After"],
  ["RSeq"],
  ["Security-Client"],
  ["Security-Server"],
  ["Security-Verify"],
  ["Server"],
  ["SIP-ETag"],
  ["SIP-If-Match"],
  ["Subscription-State"],
  ["Target-Dialog"],
  ["Timestamp"],
  ["User-Agent"],
  ["Warning"],
  ["WWW-Authenticate"]
];
var UNKNOWN = -1;
var numbers = /* @__PURE__ */ new Map();
var sameShape = [];
function shape(length, firstLetter) {
  return length << 5 | firstLetter & 31;
}
FIELDS.forEach(([name, compact], id) => {
  for (const form of compact === void 0 ? [name] : [name, compact]) {
    numbers.set(form, id);
    numbers.set(form.toLowerCase(), id);
    (sameShape[shape(form.length, form.charCodeAt(0))] ??= []).push([form, id]);
  }
});
for (let at = 0; at < sameShape.length; at++) sameShape[at] ??= [];
function fieldId(name) {
  return numbers.get(name) ?? numbers.get(name.toLowerCase()) ?? UNKNOWN;
}
function fieldIdAt(head, from, to2) {
  const candidates = sameShape[shape(to2 - from, head.charCodeAt(from))];
  if (candidates === void 0 || candidates.length === 0) return UNKNOWN;
  for (const [name, id] of candidates) if (head.startsWith(name, from)) return id;
  return numbers.get(head.slice(from, to2).toLowerCase()) ?? UNKNOWN;
}
function fieldName2(id) {
  return FIELDS[id][0];
}
var VIA = fieldId("Via");
var FROM = fieldId("From");
var TO = fieldId("To");
var CALL_ID = fieldId("Call-ID");
var CSEQ = fieldId("CSeq");
var MAX_FORWARDS = fieldId("Max-Forwards");
var CONTACT = fieldId("Contact");
var ROUTE = fieldId("Route");
var RECORD_ROUTE = fieldId("Record-Route");
var CONTENT_LENGTH = fieldId("Content-Length");
var CONTENT_TYPE = fieldId("Content-Type");
var EXPIRES = fieldId("Expires");
var MIN_EXPIRES = fieldId("Min-Expires");
var PATH = fieldId("Path");
var SERVICE_ROUTE = fieldId("Service-Route");

// packages/sip/src/lists.ts
var QUOTE = 34;
var COMMA3 = 44;
var LESS = 60;
var GREATER = 62;
var BACKSLASH2 = 92;
var TOKEN2 = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") TOKEN2[char.charCodeAt(0)] = 1;
function isBlank2(code) {
  return code === 32 || code === 9;
}
function trimBlanks2(text) {
  let from = 0;
  let to2 = text.length;
  while (from < to2 && isBlank2(text.charCodeAt(from))) from++;
  while (to2 > from && isBlank2(text.charCodeAt(to2 - 1))) to2--;
  return from === 0 && to2 === text.length ? text : text.slice(from, to2);
}
function firstElementEnd(text) {
  if (!text.includes(",")) return text.length;
  let inAngles = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE && !inAngles) {
      at = quoteEnd(text, at);
    } else if (code === LESS) {
      inAngles = true;
    } else if (code === GREATER) {
      inAngles = false;
    } else if (code === COMMA3 && !inAngles) {
      return at;
    }
  }
  return text.length;
}
function quoteEnd(text, from) {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH2) at++;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

// packages/sip/src/headers.ts
var ROW = 4;
var FROM2 = 1;
var VALUE = 2;
var TO2 = 3;
var Headers = class _Headers {
  #head = "";
  #folded = true;
  // whether a line of the head may be folded
  #rows;
  #made;
  #typed = [];
  /** Fields in the order given. Throws SIP_UNSAFE_FIELD. */
  constructor(fields2) {
    this.#rows = [];
    if (fields2 !== void 0) for (const [name, value] of fields2) this.#rows.push(...this.#make(fieldId(name), name, value));
  }
  /** For the decoder: fields that stand in `head`, a byte string; `folded` when one of them is on several lines. */
  static fromHead(head, rows, folded) {
    const headers2 = new _Headers();
    headers2.#head = head;
    headers2.#rows = rows;
    headers2.#folded = folded;
    return headers2;
  }
  /** An independent copy; costs a few small arrays. */
  clone() {
    const copy = _Headers.fromHead(this.#head, this.#rows.slice(), this.#folded);
    copy.#made = this.#made?.slice();
    copy.#typed = this.#typed.slice();
    return copy;
  }
  /** Header fields there are, lines counted. */
  get size() {
    return this.#rows.length / ROW;
  }
  has(name) {
    return this.#find(fieldId(name), name, 0) >= 0;
  }
  /** The value of the first field of that name: folds undone, blanks around it gone, UTF-8 decoded. */
  get(name) {
    const row = this.#find(fieldId(name), name, 0);
    return row < 0 ? void 0 : this.#value(row);
  }
  /** The values of every field of that name, one per field, lists not split. */
  all(name) {
    const id = fieldId(name);
    const values = [];
    for (let row = this.#find(id, name, 0); row >= 0; row = this.#find(id, name, row + ROW)) values.push(this.#value(row));
    return values;
  }
  /** Every element of the comma-separated lists in the fields of that name, in order (§7.3.1); empty ones are left out. */
  list(name) {
    return this.all(name).flatMap(splitList).filter((element) => element !== "");
  }
  /** How many fields of that name there are. */
  count(name) {
    const id = fieldId(name);
    let count = 0;
    for (let row = this.#find(id, name, 0); row >= 0; row = this.#find(id, name, row + ROW)) count++;
    return count;
  }
  /** The first of these known fields that stands in more than one line; ids below 31. */
  repeated(ids) {
    let wanted = 0;
    for (const id of ids) wanted |= 1 << id;
    let seen = 0;
    for (let row = 0; row < this.#rows.length; row += ROW) {
      const id = this.#rows[row];
      if (id < 0 || id > 30) continue;
      const bit = 1 << id;
      if ((seen & wanted & bit) !== 0) return id;
      seen |= bit;
    }
    return void 0;
  }
  /**
   * Replaces all fields of that name, at the place of the first, else at the end.
   * Throws SIP_UNSAFE_FIELD for a name that is no token or a value with a line end.
   */
  set(name, value) {
    const id = fieldId(name);
    const values = typeof value === "string" ? [value] : value;
    const first2 = this.#find(id, name, 0);
    const fresh = values.flatMap((one) => this.#make(id, name, one));
    for (let row = first2; row >= 0; row = this.#find(id, name, row)) this.#rows.splice(row, ROW);
    this.#insert(first2 < 0 ? this.#rows.length : first2, fresh);
    this.#changed(id);
  }
  /** Adds a field behind the last of that name, else at the end. Throws SIP_UNSAFE_FIELD. */
  add(name, value) {
    const id = fieldId(name);
    let after = this.#rows.length;
    for (let row = this.#find(id, name, 0); row >= 0; row = this.#find(id, name, row + ROW)) after = row + ROW;
    this.#insert(after, this.#make(id, name, value));
    this.#changed(id);
  }
  /** Puts a new field before the first of that name, else at the top. Throws SIP_UNSAFE_FIELD. */
  prepend(name, value) {
    const id = fieldId(name);
    this.#insert(Math.max(this.#find(id, name, 0), 0), this.#make(id, name, value));
    this.#changed(id);
  }
  /** Takes away and returns the first element of that name (a Via, a Route); the rest of its line stays. */
  removeFirst(name) {
    const id = fieldId(name);
    const row = this.#find(id, name, 0);
    if (row < 0) return void 0;
    const value = this.#value(row);
    const end2 = firstElementEnd(value);
    const rest = trimBlanks2(value.slice(end2 + 1));
    this.#rows.splice(row, ROW, ...rest === "" ? [] : this.#make(id, name, rest));
    this.#changed(id);
    return trimBlanks2(value.slice(0, end2));
  }
  delete(name) {
    this.set(name, []);
  }
  /** Adds the fields of that name of another message at the end, line by line as they came. */
  addFrom(other, name) {
    const id = fieldId(name);
    for (let row = other.#find(id, name, 0); row >= 0; row = other.#find(id, name, row + ROW)) {
      const [from, value, to2] = other.#rows.slice(row + FROM2, row + ROW);
      const start2 = Math.max(from, 0);
      this.#rows.push(id, this.#keep(other.#text(from).slice(start2, to2)), value - start2, to2 - start2);
    }
    this.#folded ||= other.#folded;
    this.#changed(id);
  }
  /** Name and value of every field; names as the standard writes them, unknown ones as they came. */
  *[Symbol.iterator]() {
    for (let row = 0; row < this.#rows.length; row += ROW) yield [this.#name(row), this.#value(row)];
  }
  /** For the typed values: what `read` makes of the first (part 0) or of all fields (part 1) of a name, kept until one changes. */
  typed(id, part, read3) {
    const kept = this.#typed[2 * id + part];
    if (kept !== void 0) return kept;
    const value = read3(this, id);
    this.#typed[2 * id + part] = value;
    return value;
  }
  /** For the typed values: the first value of a known field as a byte string, unfolded. */
  rawFirst(id) {
    const row = this.#find(id, "", 0);
    return row < 0 ? void 0 : this.#raw(row);
  }
  /** For the typed values: every value of a known field as byte strings, unfolded. */
  rawAll(id) {
    const values = [];
    for (let row = this.#find(id, "", 0); row >= 0; row = this.#find(id, "", row + ROW)) values.push(this.#raw(row));
    return values;
  }
  /** For the fast lanes: where each value of a known field stands, folds and blanks behind it included. */
  eachSpan(id, visit) {
    const rows = this.#rows;
    for (let row = 0; row < rows.length; row += ROW) {
      if (rows[row] === id) visit(this.#text(rows[row + FROM2]), rows[row + VALUE], rows[row + TO2]);
    }
  }
  /** For the encoder: all lines, each with its CRLF, as a byte string; without Content-Length if asked. */
  toByteString(withoutContentLength = false) {
    const rows = this.#rows;
    let text = "";
    let runFrom = 0;
    let runTo = 0;
    for (let row = 0; row < rows.length; row += ROW) {
      if (withoutContentLength && rows[row] === CONTENT_LENGTH) continue;
      const from = rows[row + FROM2];
      if (from < 0) {
        text += this.#head.slice(runFrom, runTo) + this.#text(from) + "\r\n";
        runFrom = runTo;
      } else {
        if (from !== runTo) {
          text += this.#head.slice(runFrom, runTo);
          runFrom = from;
        }
        runTo = rows[row + TO2] + 2;
      }
    }
    return text + this.#head.slice(runFrom, runTo);
  }
  #find(id, name, start2) {
    const rows = this.#rows;
    if (id !== UNKNOWN) {
      for (let row = start2; row < rows.length; row += ROW) if (rows[row] === id) return row;
      return -1;
    }
    const wanted = name.toLowerCase();
    for (let row = start2; row < rows.length; row += ROW) {
      if (rows[row] === UNKNOWN && this.#name(row).toLowerCase() === wanted) return row;
    }
    return -1;
  }
  #text(from) {
    return from < 0 ? this.#made[~from] : this.#head;
  }
  #name(row) {
    const id = this.#rows[row];
    if (id !== UNKNOWN) return fieldName2(id);
    const from = this.#rows[row + FROM2];
    const line = this.#text(from);
    const start2 = Math.max(from, 0);
    return trimBlanks2(line.slice(start2, line.indexOf(":", start2)));
  }
  #raw(row) {
    const rows = this.#rows;
    const value = this.#text(rows[row + FROM2]).slice(rows[row + VALUE], rows[row + TO2]);
    return this.#folded && value.includes("\n") ? unfold(value) : isBlank2(value.charCodeAt(value.length - 1)) ? trimBlanks2(value) : value;
  }
  #value(row) {
    return byteStringToText(this.#raw(row));
  }
  #make(id, name, value) {
    const written2 = id === UNKNOWN ? name : fieldName2(id);
    if (id === UNKNOWN && !isToken(written2)) throw sipError("SIP_UNSAFE_FIELD", { detail: "the name is not a token" });
    if (value.includes("\n") || value.includes("\r")) throw sipError("SIP_UNSAFE_FIELD", { header: written2, detail: `line end in ${written2}` });
    const line = `${written2}: ${textToByteString(value)}`;
    return [id, this.#keep(line), written2.length + 2, line.length];
  }
  /** Keeps a line made here; returns what stands for it in a row. */
  #keep(line) {
    this.#made ??= [];
    return ~(this.#made.push(line) - 1);
  }
  #insert(at, row) {
    if (at === this.#rows.length) this.#rows.push(...row);
    else if (at === 0 && row.length === ROW) this.#rows.unshift(row[0], row[1], row[2], row[3]);
    else this.#rows.splice(at, 0, ...row);
  }
  #changed(id) {
    if (id === UNKNOWN) return;
    this.#typed[2 * id] = void 0;
    this.#typed[2 * id + 1] = void 0;
  }
};
function unfold(value) {
  const lines = value.split("\n").map((line) => trimBlanks2(line.endsWith("\r") ? line.slice(0, -1) : line));
  return lines.filter((line) => line !== "").join(" ");
}

// packages/sip/src/fast-lane.ts
var DQUOTE3 = 34;
var DOT2 = 46;
var COLON3 = 58;
var SEMICOLON3 = 59;
var LESS2 = 60;
var EQUAL3 = 61;
var OPEN_BRACKET = 91;
var BACKSLASH3 = 92;
var HOST_MAX4 = 255;
var PARAMS_MAX2 = 32;
function parseViaByLane(text, from, to2) {
  if (!text.startsWith("SIP/2.0/", from)) return void 0;
  const transport2 = transportAt(text, from + 8);
  if (transport2 === void 0) return void 0;
  const hostAt = from + 9 + transport2.length;
  let at = hostEnd(text, hostAt, to2);
  if (at < 0) return void 0;
  const host4 = text.slice(hostAt, at);
  if (!isPlainName(text, hostAt, at) && !isHost(host4)) return void 0;
  let port4;
  if (text.charCodeAt(at) === COLON3) {
    port4 = 0;
    const portAt = ++at;
    for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(++at)) port4 = port4 * 10 + code - 48;
    if (at === portAt || at > portAt + 5 || port4 > 65535) return void 0;
  }
  const via = { protocol: "SIP/2.0", transport: transport2, host: host4, port: port4, params: "", branch: void 0, received: void 0, rport: void 0, ttl: void 0 };
  return readParams2(text, at, to2, via);
}
function transportAt(text, at) {
  if (text.startsWith("UDP ", at)) return "UDP";
  if (text.startsWith("TCP ", at)) return "TCP";
  if (text.startsWith("TLS ", at)) return "TLS";
  const space = text.indexOf(" ", at);
  const transport2 = text.slice(at, space);
  return space > 0 && /^[A-Z-]+$/.test(transport2) ? transport2 : void 0;
}
function hostEnd(text, from, to2) {
  if (text.charCodeAt(from) === OPEN_BRACKET) {
    const close = text.indexOf("]", from);
    return close < to2 ? close + 1 || -1 : -1;
  }
  return tokenEnd(text, from);
}
function readParams2(text, from, to2, via) {
  let names = 0;
  for (let at = from; at < to2; ) {
    if (text.charCodeAt(at) !== SEMICOLON3) return void 0;
    const nameAt = at + 1;
    let nameEnd = nameAt;
    while (TOKEN2[text.charCodeAt(nameEnd)] === 1) nameEnd++;
    if (nameEnd === nameAt) return void 0;
    const kind = kindOf(text, nameAt, nameEnd);
    if ((names & kind) !== 0) return void 0;
    names |= kind;
    at = nameEnd;
    let value = "";
    if (text.charCodeAt(nameEnd) === EQUAL3) {
      at = nameEnd + 1;
      while (TOKEN2[text.charCodeAt(at)] === 1) at++;
      if (at === nameEnd + 1 || at < to2 && text.charCodeAt(at) !== SEMICOLON3) at = addressEnd(text, nameEnd + 1, to2);
      if (at < 0) return void 0;
      value = text.slice(nameEnd + 1, at);
    }
    keep(text, nameAt, nameEnd, value, via);
  }
  via.params = text.slice(from, to2);
  return via;
}
function addressEnd(text, from, to2) {
  const semicolon = text.indexOf(";", from);
  const end2 = semicolon < 0 || semicolon > to2 ? to2 : semicolon;
  return isIPv6(text.slice(from, end2)) ? end2 : -1;
}
function keep(text, from, to2, value, via) {
  const first2 = text.charCodeAt(from) | 32;
  if (first2 !== 98 && first2 !== 114 && first2 !== 116) return;
  switch (text.slice(from, to2).toLowerCase()) {
    case "branch":
      via.branch = value;
      break;
    case "received":
      via.received = value;
      break;
    case "rport":
      via.rport = value;
      break;
    case "ttl":
      via.ttl = value;
      break;
    default:
  }
}
function kindOf(text, from, to2) {
  return 1 << ((to2 - from) * 5 + (text.charCodeAt(from) & 31) * 3 + (text.charCodeAt(to2 - 1) & 31) & 31);
}
function isPlainName(text, from, to2) {
  let labelAt = from;
  for (let at = from; at < to2; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT2) {
      if (at === labelAt) return false;
      labelAt = at + 1;
    } else if (!(code >= 97 && code <= 122 || code >= 48 && code <= 57 || code >= 65 && code <= 90)) {
      return false;
    }
  }
  return labelAt < to2 && to2 - from <= HOST_MAX4 && text.charCodeAt(labelAt) > 57;
}
function parseContactByLane(text) {
  let open = 0;
  if (text.charCodeAt(0) === DQUOTE3) {
    const close = plainQuoteEnd(text, 0);
    if (close < 0) return void 0;
    open = text.charCodeAt(close) === 32 ? close + 1 : close;
  }
  if (text.charCodeAt(open) !== LESS2) return void 0;
  const uriEnd = text.indexOf(">", open);
  const uriText = text.slice(open + 1, uriEnd);
  if (uriEnd < 0 || !/^sips?:[!#-;=?-~]+$/.test(uriText)) return void 0;
  const params = contactParams(text, uriEnd + 1);
  return params === void 0 ? void 0 : { display: open === 0 ? void 0 : text.slice(0, text.lastIndexOf('"', open) + 1), uriText, params };
}
function contactParams(text, from) {
  const params = [];
  let names = 0;
  for (let at = from; at < text.length; ) {
    if (text.charCodeAt(at) !== SEMICOLON3) return void 0;
    const nameAt = at + 1;
    let nameEnd = nameAt;
    while (TOKEN2[text.charCodeAt(nameEnd)] === 1) nameEnd++;
    if (nameEnd === nameAt || params.length === PARAMS_MAX2) return void 0;
    const kind = kindOf(text, nameAt, nameEnd);
    const name = text.slice(nameAt, nameEnd);
    if ((names & kind) !== 0 && params.some((param) => param[0].toLowerCase() === name.toLowerCase())) return void 0;
    names |= kind;
    at = nameEnd;
    let value;
    if (text.charCodeAt(nameEnd) === EQUAL3) {
      at = text.charCodeAt(nameEnd + 1) === DQUOTE3 ? plainQuoteEnd(text, nameEnd + 1) : tokenEnd(text, nameEnd + 1);
      if (at <= nameEnd + 1) return void 0;
      value = text.slice(nameEnd + 1, at);
    }
    params.push([name, value]);
  }
  return params;
}
function tokenEnd(text, from) {
  let at = from;
  while (TOKEN2[text.charCodeAt(at)] === 1) at++;
  return at;
}
function plainQuoteEnd(text, from) {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DQUOTE3) return at + 1;
    if (code < 32 || code > 126 || code === BACKSLASH3) return -1;
  }
  return -1;
}

// packages/sip/src/grammar.ts
var import_parsimmon6 = __toESM(require_parsimmon(), 1);
var token5 = import_parsimmon6.default.regexp(abnf.token);
var SLASH = import_parsimmon6.default.regexp(abnf.SLASH);
var COLON4 = import_parsimmon6.default.regexp(abnf.COLON);
var LWS2 = import_parsimmon6.default.regexp(abnf.LWS);
var SWS4 = import_parsimmon6.default.regexp(abnf.SWS);
var sentProtocol = import_parsimmon6.default.seqMap(token5.skip(SLASH), token5.skip(SLASH), token5, (name, version, transport2) => ({
  protocol: `${name.toUpperCase()}/${version}`,
  transport: transport2.toUpperCase()
}));
var host3 = import_parsimmon6.default.regexp(abnf.host);
var port3 = import_parsimmon6.default.regexp(/\d{1,10}/).map(Number).chain((number3) => number3 > 65535 ? import_parsimmon6.default.fail("a port up to 65535") : import_parsimmon6.default.of(number3));
var sentBy = import_parsimmon6.default.seq(host3, COLON4.then(port3).times(0, 1));
var genValue2 = import_parsimmon6.default.alt(import_parsimmon6.default.regexp(abnf.quotedString), import_parsimmon6.default.regexp(/[^\s;="]+/));
var viaParam = import_parsimmon6.default.seqMap(import_parsimmon6.default.regexp(abnf.SEMI).then(token5), import_parsimmon6.default.regexp(abnf.EQUAL).then(genValue2).times(0, 1), (name, values) => values.length === 0 ? `;${name}` : `;${name}=${values[0]}`);
var viaParm = import_parsimmon6.default.seqMap(sentProtocol.skip(LWS2), sentBy, viaParam.many().skip(SWS4), (sent2, [name, ports], params) => ({
  ...sent2,
  host: name,
  port: ports[0],
  params: params.join("")
}));
function parseViaByGrammar(text) {
  const result = viaParm.parse(text);
  if (!result.status) throw sipError("SIP_BAD_HEADER", { header: "Via", detail: "Via", offset: result.index.offset });
  const params = parseParams(result.value.params);
  return { ...result.value, branch: params.get("branch"), received: params.get("received"), rport: params.get("rport"), ttl: params.get("ttl") };
}

// packages/sip/src/via.ts
var ReceivedVia = class {
  #syntax;
  #params;
  constructor(syntax) {
    this.#syntax = syntax;
  }
  get protocol() {
    return this.#syntax.protocol;
  }
  get transport() {
    return this.#syntax.transport;
  }
  get host() {
    return this.#syntax.host;
  }
  get port() {
    return this.#syntax.port;
  }
  get branch() {
    return this.#syntax.branch;
  }
  get params() {
    return this.#params ??= parseParams(this.#syntax.params);
  }
  get received() {
    const value = this.#syntax.received;
    return value?.startsWith("[") === true ? value.slice(1, -1) : value;
  }
  get rport() {
    const value = this.#syntax.rport;
    return value === void 0 ? void 0 : value === "" ? true : numberUpTo(value, 65535, "rport");
  }
  get maddr() {
    return this.params.get("maddr");
  }
  get ttl() {
    const value = this.#syntax.ttl;
    return value === void 0 ? void 0 : numberUpTo(value, 255, "ttl");
  }
};
function numberUpTo(text, most, name) {
  const number3 = Number(text);
  if (!/^\d{1,10}$/.test(text) || number3 > most) throw sipError("SIP_BAD_HEADER", { header: "Via", detail: name });
  return number3;
}
function parseVia(text) {
  return new ReceivedVia(parseViaByLane(text, 0, text.length) ?? parseViaByGrammar(text));
}
function parseUsualVia(text, from, to2) {
  const syntax = parseViaByLane(text, from, to2);
  return syntax === void 0 ? void 0 : new ReceivedVia(syntax);
}
function formatVia(via) {
  const port4 = via.port === void 0 ? "" : `:${via.port}`;
  return `${via.protocol ?? "SIP/2.0"}/${via.transport} ${via.host}${port4}${via.params?.toString() ?? ""}`;
}

// packages/sip/src/header-values.ts
var Contact = class {
  address;
  constructor(address2) {
    this.address = address2;
  }
  /** True for the `*` of a REGISTER, which has no URI (RFC 3261 §10.2.2). */
  get wildcardContact() {
    return this.address.uriText === "*";
  }
  get uriText() {
    return this.address.uriText;
  }
  get uri() {
    return this.address.uri;
  }
  get displayName() {
    return this.address.displayName;
  }
  get params() {
    return this.address.params;
  }
  /** 0 to 1; `undefined` when absent. Throws SIP_BAD_HEADER. */
  get q() {
    const text = this.params.get("q");
    if (text === void 0) return void 0;
    if (!/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text)) throw sipError("SIP_BAD_HEADER", { header: "Contact", detail: "q" });
    return Number(text);
  }
  /** Seconds up to 2^32-1; 3600 when malformed, the most when overlarge (RFC 3261 §10.2.1.1); `undefined` when absent. */
  get expires() {
    const text = this.params.get("expires");
    if (text === void 0) return void 0;
    return /^\d+$/.test(text) ? Math.min(Number(text), MOST_SECONDS) : 3600;
  }
};
var MOST_SECONDS = 2 ** 32 - 1;
function guarded(id, read3) {
  try {
    return read3();
  } catch (cause) {
    throw badHeader(id, cause);
  }
}
function badHeader(id, cause) {
  if (!ProtocolError.is(cause) || cause.code.startsWith("SIP_")) return cause;
  return sipError("SIP_BAD_HEADER", { header: fieldName2(id), detail: fieldName2(id), cause });
}
function bad(id) {
  return sipError("SIP_BAD_HEADER", { header: fieldName2(id), detail: fieldName2(id) });
}
function readVia(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  const end2 = firstElementEnd(text);
  return guarded(id, () => parseVia(end2 === text.length ? text : trimBlanks2(text.slice(0, end2))));
}
function readVias(headers2, id) {
  const vias = [];
  let usual = true;
  headers2.eachSpan(id, (text, from, to2) => {
    const via = usual ? parseUsualVia(text, from, to2) : void 0;
    if (via === void 0) usual = false;
    else vias.push(via);
  });
  return usual ? vias : readAll(headers2, id, parseVia);
}
function readNameAddr(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  try {
    return parseNameAddr(text);
  } catch (cause) {
    throw badHeader(id, cause);
  }
}
function readNameAddrs(headers2, id) {
  return readAll(headers2, id, parseNameAddr);
}
function readContacts(headers2, id) {
  return readAll(headers2, id, readContact);
}
var WILDCARD = new NameAddr({ display: void 0, uriText: "*", params: "" });
function readContact(text) {
  if (text === "*") return new Contact(WILDCARD);
  const parts = parseContactByLane(text);
  return new Contact(parts === void 0 ? parseNameAddr(text) : new NameAddr(parts));
}
function readAll(headers2, id, read3) {
  const values = [];
  try {
    for (const text of headers2.rawAll(id)) {
      if (text.includes(",")) for (const element of splitList(text)) values.push(read3(element));
      else values.push(read3(text));
    }
  } catch (cause) {
    throw badHeader(id, cause);
  }
  return values;
}
function readCallId(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  if (!/^[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+(?:@[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+)?$/.test(text)) throw bad(id);
  return text;
}
function readCseq(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  const at = digitsEnd(text);
  let methodAt = at;
  while (isBlank2(text.charCodeAt(methodAt))) methodAt++;
  const method2 = text.slice(methodAt);
  if (at === 0 || methodAt === at || !isToken(method2)) throw bad(id);
  return { number: numberOf(text, at, id), method: method2 };
}
function readNumber(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  if (text === "" || digitsEnd(text) !== text.length) throw bad(id);
  return numberOf(text, text.length, id);
}
function digitsEnd(text) {
  let at = 0;
  for (let code = text.charCodeAt(0); code >= 48 && code <= 57; code = text.charCodeAt(at)) at++;
  return at;
}
function numberOf(text, digits, id) {
  let number3 = 0;
  for (let at = 0; at < digits; at++) number3 = number3 * 10 + text.charCodeAt(at) - 48;
  if (number3 > mostOf(id)) throw sipError("SIP_OUT_OF_RANGE", { header: fieldName2(id), detail: fieldName2(id) });
  return number3;
}
function mostOf(id) {
  if (id === CSEQ) return 2 ** 31 - 1;
  if (id === MAX_FORWARDS) return 255;
  return id === CONTENT_LENGTH ? Number.MAX_SAFE_INTEGER : MOST_SECONDS;
}
function readContentType(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  const semicolon = text.indexOf(";");
  const end2 = semicolon < 0 ? text.length : semicolon;
  const [type = "", subtype = "", more] = text.slice(0, end2).split("/").map(trimBlanks2);
  if (!isToken(type) || !isToken(subtype) || more !== void 0) throw bad(id);
  return { type: `${type}/${subtype}`.toLowerCase(), params: guarded(id, () => parseParams(text.slice(end2))) };
}

// packages/sip/src/message.ts
var NO_OCTETS = new Uint8Array(0);
var Message = class {
  headers;
  body;
  /** What the decoder found wrong in the framing; {@link validate} answers it. */
  flaw = void 0;
  constructor(headers2, body) {
    this.headers = headers2;
    this.body = body;
  }
  /** The topmost Via: that of the element the message came from last. */
  get via() {
    return this.headers.typed(VIA, 0, readVia);
  }
  get vias() {
    return this.headers.typed(VIA, 1, readVias);
  }
  get from() {
    return this.headers.typed(FROM, 0, readNameAddr);
  }
  get to() {
    return this.headers.typed(TO, 0, readNameAddr);
  }
  get fromTag() {
    return this.from?.params.get("tag");
  }
  get toTag() {
    return this.to?.params.get("tag");
  }
  get callId() {
    return this.headers.typed(CALL_ID, 0, readCallId);
  }
  get cseq() {
    return this.headers.typed(CSEQ, 0, readCseq);
  }
  get contacts() {
    return this.headers.typed(CONTACT, 1, readContacts);
  }
  get routes() {
    return this.headers.typed(ROUTE, 1, readNameAddrs);
  }
  get recordRoutes() {
    return this.headers.typed(RECORD_ROUTE, 1, readNameAddrs);
  }
  /** RFC 3327 */
  get paths() {
    return this.headers.typed(PATH, 1, readNameAddrs);
  }
  /** RFC 3608 */
  get serviceRoutes() {
    return this.headers.typed(SERVICE_ROUTE, 1, readNameAddrs);
  }
  /** 0 to 255. */
  get maxForwards() {
    return this.headers.typed(MAX_FORWARDS, 0, readNumber);
  }
  /** Seconds, 0 to 2^32-1. */
  get expires() {
    return this.headers.typed(EXPIRES, 0, readNumber);
  }
  /** Seconds, 0 to 2^32-1. */
  get minExpires() {
    return this.headers.typed(MIN_EXPIRES, 0, readNumber);
  }
  /** Octets, as the field says; the encoder does not trust it. */
  get contentLength() {
    return this.headers.typed(CONTENT_LENGTH, 0, readNumber);
  }
  get contentType() {
    return this.headers.typed(CONTENT_TYPE, 0, readContentType);
  }
  /** Option tags (RFC 3261 §20.32). */
  require() {
    return this.headers.list("Require");
  }
  /** Option tags (RFC 3261 §20.29). */
  proxyRequire() {
    return this.headers.list("Proxy-Require");
  }
  /** Option tags (RFC 3261 §20.37). */
  supported() {
    return this.headers.list("Supported");
  }
  /** Methods (RFC 3261 §20.5). */
  allow() {
    return this.headers.list("Allow");
  }
};
var SipRequest = class _SipRequest extends Message {
  /** Case matters; `%` is no escape here. */
  method;
  /** The Request-URI as it came. */
  uri;
  #parsedUri;
  #parsedFrom = "";
  constructor(method2, uri2, headers2 = new Headers(), body = NO_OCTETS) {
    super(headers2, body);
    this.method = method2;
    this.uri = uri2;
  }
  /** The Request-URI read. Throws SIP_BAD_URI. */
  get parsedUri() {
    if (this.#parsedUri === void 0 || this.#parsedFrom !== this.uri) {
      this.#parsedUri = readUri(this.uri);
      this.#parsedFrom = this.uri;
    }
    return this.#parsedUri;
  }
  /** A copy with headers of its own; the body is shared. */
  clone() {
    const copy = new _SipRequest(this.method, this.uri, this.headers.clone(), this.body);
    copy.flaw = this.flaw;
    return copy;
  }
};
var SipResponse = class _SipResponse extends Message {
  /** 100 to 699. */
  status;
  reason;
  constructor(status2, reason, headers2 = new Headers(), body = NO_OCTETS) {
    super(headers2, body);
    this.status = status2;
    this.reason = reason;
  }
  /** A copy with headers of its own; the body is shared. */
  clone() {
    const copy = new _SipResponse(this.status, this.reason, this.headers.clone(), this.body);
    copy.flaw = this.flaw;
    return copy;
  }
};
function readUri(text) {
  try {
    return parseUri(text);
  } catch (cause) {
    throw sipError("SIP_BAD_URI", { cause });
  }
}

// packages/sip/src/decoder.ts
var CR5 = 13;
var LF4 = 10;
var COLON5 = 58;
var NO_OCTETS2 = new Uint8Array(0);
function decodeDatagram(bytes, options2) {
  const limits = limitsOf(options2);
  const liberal2 = options2?.liberal === true;
  let start2 = 0;
  while (bytes[start2] === CR5 || bytes[start2] === LF4) start2++;
  if (start2 === bytes.length) throw sipError("SIP_NO_MESSAGE");
  const found = headEnd(bytes, start2, start2);
  const bodyAt = found >= 0 ? found : liberal2 ? looseHeadEnd(bytes, start2) : bytes.length;
  if (bodyAt - start2 > limits.headOctets) throw sipError("SIP_HEAD_TOO_LARGE", { offset: bodyAt });
  const head = byteString(bytes, start2, bodyAt);
  const message = readHead2(found >= 0 ? head : finished(head), limits, liberal2);
  if (found < 0 && !liberal2) message.flaw ??= sipError("SIP_HEAD_UNFINISHED", { offset: bytes.length });
  const length = bodyLength(message, bytes.length - bodyAt);
  if (length > limits.bodyOctets) throw sipError("SIP_BODY_TOO_LARGE", { offset: bodyAt });
  message.body = bodyView(bytes, bodyAt, length);
  return message;
}
function finished(head) {
  let end2 = head.length;
  while (head[end2 - 1] === "\n" || head[end2 - 1] === "\r") end2--;
  return `${head.slice(0, end2)}\r
\r
`;
}
function bodyLength(message, present2) {
  const declared = declaredLength(message.headers);
  if (declared === void 0) return present2;
  if (typeof declared !== "number") {
    message.flaw ??= declared;
    return 0;
  }
  if (declared <= present2) return declared;
  message.flaw ??= sipError("SIP_BODY_TRUNCATED", { header: "Content-Length", detail: `${present2} of ${declared} octets` });
  return present2;
}
function bodyView(bytes, from, length) {
  return length === 0 ? NO_OCTETS2 : new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
}
function headEnd(bytes, start2, from, to2 = bytes.length) {
  const first2 = Math.max(start2, from) + 3;
  for (let at = first2; at < to2; ) {
    const octet = bytes[at];
    if (octet === LF4) {
      if (bytes[at - 1] === CR5 && bytes[at - 2] === LF4 && bytes[at - 3] === CR5) return at + 1;
      at += 2;
    } else {
      at += octet === CR5 ? 1 : 4;
    }
  }
  return -1;
}
function looseHeadEnd(bytes, start2) {
  for (let at = bytes.indexOf(LF4, start2); at >= 0; at = bytes.indexOf(LF4, at + 1)) {
    if (bytes[at + 1] === LF4) return at + 2;
    if (bytes[at + 1] === CR5 && bytes[at + 2] === LF4) return at + 3;
  }
  return bytes.length;
}
function readHead2(head, limits, liberal2) {
  const text = liberal2 && /(?:^|[^\r])\n/.test(head) ? head.replace(/\r?\n/g, "\r\n") : head;
  const lineEnd2 = text.indexOf("\r\n");
  const flaw = splitFields2(text, lineEnd2 + 2, text.length - 2, limits);
  const headers2 = Headers.fromHead(text, scratch.slice(0, scratchLength), scratchFolded);
  const message = text.startsWith("SIP/") ? readStatusLine(text.slice(0, lineEnd2), headers2) : readRequestLine(text.slice(0, lineEnd2), headers2);
  message.flaw ??= flaw;
  return message;
}
var scratch = [];
var scratchLength = 0;
var scratchFolded = false;
function splitFields2(head, start2, end2, limits) {
  let flaw;
  let fields2 = 0;
  scratchLength = 0;
  scratchFolded = false;
  for (let at = start2; at < end2; ) {
    let lineFeed = head.indexOf("\n", at);
    let carriageReturn = head.indexOf("\r", at);
    while (carriageReturn === lineFeed - 1 && isBlank2(head.charCodeAt(lineFeed + 1))) {
      scratchFolded = true;
      carriageReturn = head.indexOf("\r", lineFeed + 1);
      lineFeed = head.indexOf("\n", lineFeed + 1);
    }
    if (carriageReturn !== lineFeed - 1) {
      flaw ??= sipError("SIP_BAD_LINE", { offset: at, detail: "CR or LF alone" });
      lineFeed = head.indexOf("\r\n", at) + 1;
    }
    if (++fields2 > limits.fields) throw sipError("SIP_TOO_MANY_FIELDS", { offset: at });
    if (!pushField(head, at, lineFeed - 1)) flaw ??= sipError("SIP_BAD_LINE", { offset: at, detail: "no name and colon" });
    at = lineFeed + 1;
  }
  return flaw;
}
function pushField(head, from, to2) {
  let nameEnd = from;
  while (TOKEN2[head.charCodeAt(nameEnd)] === 1) nameEnd++;
  let value = nameEnd;
  while (isBlank2(head.charCodeAt(value))) value++;
  if (nameEnd === from || head.charCodeAt(value) !== COLON5) {
    pushRow(UNKNOWN, from, from, to2);
    return false;
  }
  value++;
  while (isBlank2(head.charCodeAt(value))) value++;
  pushRow(fieldIdAt(head, from, nameEnd), from, value, to2);
  return true;
}
function pushRow(id, from, value, to2) {
  scratch[scratchLength] = id;
  scratch[scratchLength + 1] = from;
  scratch[scratchLength + 2] = value;
  scratch[scratchLength + 3] = to2;
  scratchLength += 4;
}
function readStatusLine(line, headers2) {
  if (!line.startsWith("SIP/2.0 ")) throw sipError("SIP_BAD_STATUS_LINE", { offset: 0, detail: "version" });
  const status2 = (line.charCodeAt(8) - 48) * 100 + (line.charCodeAt(9) - 48) * 10 + (line.charCodeAt(10) - 48);
  const digits = isDigit(line.charCodeAt(8)) && isDigit(line.charCodeAt(9)) && isDigit(line.charCodeAt(10));
  if (!digits || status2 < 100 || status2 > 699 || line.length > 11 && line.charCodeAt(11) !== 32) {
    throw sipError("SIP_BAD_STATUS_LINE", { offset: 8, detail: "status code" });
  }
  return new SipResponse(status2, byteStringToText(line.slice(12)), headers2);
}
function isDigit(code) {
  return code >= 48 && code <= 57;
}
function readRequestLine(line, headers2) {
  const space = line.indexOf(" ");
  const method2 = line.slice(0, Math.max(space, 0));
  const uri2 = line.slice(space + 1, -8);
  if (!line.endsWith(" SIP/2.0") || uri2 === "" || !isToken(method2) || isBlank2(uri2.charCodeAt(0)) || isBlank2(uri2.charCodeAt(uri2.length - 1))) {
    return readOddRequestLine(line, headers2);
  }
  return new SipRequest(method2, byteStringToText(uri2), headers2);
}
function readOddRequestLine(line, headers2) {
  const parts = /^[ \t]*([^ \t]+)[ \t]+(?=[^ \t])(.*[^ \t])[ \t]+(SIP\/\d+\.\d+)[ \t]*$/is.exec(line);
  if (parts === null) throw sipError("SIP_NOT_SIP", { offset: 0 });
  const [, method2, uri2, version] = parts;
  const request = new SipRequest(method2, byteStringToText(uri2), headers2);
  if (!isToken(method2)) request.flaw = sipError("SIP_BAD_REQUEST_LINE", { offset: 0, detail: "the method is not a token" });
  else if (`${method2} ${uri2} ${version}` !== line) request.flaw = sipError("SIP_BAD_REQUEST_LINE", { offset: 0, detail: "blanks" });
  else if (version.toUpperCase() !== "SIP/2.0") request.flaw = sipError("SIP_UNSUPPORTED_VERSION", { offset: line.length - version.length, detail: version });
  return request;
}
function declaredLength(headers2) {
  return headers2.typed(CONTENT_LENGTH, 1, readDeclaredLength);
}
function readDeclaredLength(headers2) {
  const text = headers2.rawFirst(CONTENT_LENGTH);
  if (text === void 0) return void 0;
  if (headers2.repeated([CONTENT_LENGTH]) !== void 0) return sipError("SIP_BAD_CONTENT_LENGTH", { header: "Content-Length", detail: "more than one" });
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code) || length > 1e15) return sipError("SIP_BAD_CONTENT_LENGTH", { header: "Content-Length" });
    length = length * 10 + code - 48;
  }
  return text === "" ? sipError("SIP_BAD_CONTENT_LENGTH", { header: "Content-Length" }) : length;
}

// packages/sip/src/stream-decoder.ts
var CR6 = 13;
var LF5 = 10;
var FIRST_CAPACITY = 4096;
var KEPT_CAPACITY = 65536;
var SipStreamDecoder = class {
  #limits;
  #liberal;
  #buffer = new Uint8Array(0);
  #from = 0;
  // what was taken
  #to = 0;
  // what was received
  #scanned = 0;
  // no head ends before this
  #pending;
  // its head is taken, its body not whole
  #unusable = false;
  // the last message did not say where it ends
  #dead = false;
  constructor(options2) {
    this.#limits = limitsOf(options2);
    this.#liberal = options2?.liberal === true;
  }
  /** Octets received but not yet given out. */
  get buffered() {
    return this.#to - this.#from;
  }
  /** Takes octets from the stream; they are copied. */
  receive(bytes) {
    if (this.#dead) return;
    this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#to);
    this.#to += bytes.length;
  }
  /** The next message or keepalive, if it is there as a whole. Throws once when the stream cannot be used any further. */
  next() {
    if (this.#dead) return void 0;
    try {
      if (this.#unusable) throw sipError("SIP_STREAM_UNUSABLE", { offset: 0 });
      if (this.#pending === void 0) {
        const keepalive = this.#takeKeepalive();
        if (keepalive !== void 0) return keepalive;
        this.#pending = this.#takeHead();
      }
      return this.#takeBody();
    } catch (error) {
      this.#dead = true;
      this.#buffer = new Uint8Array(0);
      this.#from = this.#to = 0;
      throw error;
    }
  }
  /** CRLF CRLF or CRLF where a message could begin. What could still become the longer one is left until more comes. */
  #takeKeepalive() {
    const buffer = this.#buffer;
    const at = this.#from;
    const length = this.#to - at;
    if (length < 2 || buffer[at] !== CR6 || buffer[at + 1] !== LF5) return void 0;
    if (length === 3 && buffer[at + 2] === CR6) return void 0;
    const double = length > 3 && buffer[at + 2] === CR6 && buffer[at + 3] === LF5;
    this.#take(double ? 4 : 2);
    return double ? "ping" : "pong";
  }
  #takeHead() {
    const start2 = this.#from;
    const end2 = headEnd(this.#buffer, start2, this.#scanned, this.#to);
    const length = (end2 < 0 ? this.#to : end2) - start2;
    if (length > this.#limits.headOctets) throw sipError("SIP_HEAD_TOO_LARGE", { offset: length });
    if (end2 < 0) {
      this.#scanned = Math.max(start2, this.#to - 3);
      return void 0;
    }
    const message = readHead2(byteString(this.#buffer, start2, end2), this.#limits, this.#liberal);
    this.#take(length);
    return { message, length: this.#bodyLength(message) };
  }
  /** What Content-Length says. Where it says nothing, the message gets a flaw and the stream ends behind its head. */
  #bodyLength(message) {
    const declared = declaredLength(message.headers);
    if (typeof declared === "number") {
      if (declared > this.#limits.bodyOctets) throw sipError("SIP_BODY_TOO_LARGE", { header: "Content-Length", detail: `${declared} octets` });
      return declared;
    }
    message.flaw ??= declared ?? sipError("SIP_NO_CONTENT_LENGTH", { header: "Content-Length" });
    this.#unusable = true;
    return 0;
  }
  #takeBody() {
    const pending = this.#pending;
    if (pending === void 0 || this.#to - this.#from < pending.length) return void 0;
    pending.message.body = bodyView(this.#buffer, this.#from, pending.length).slice();
    this.#take(pending.length);
    this.#pending = void 0;
    return pending.message;
  }
  #take(octets) {
    this.#from += octets;
    this.#scanned = this.#from;
    if (this.#from === this.#to) {
      this.#from = this.#to = this.#scanned = 0;
      if (this.#buffer.length > KEPT_CAPACITY) this.#buffer = new Uint8Array(0);
    }
  }
  /** Room for so many octets more: grows with what has come, never with what is announced; each octet moves O(1) times. */
  #makeRoom(octets) {
    if (this.#to + octets <= this.#buffer.length) return;
    const waiting = this.#to - this.#from;
    const needed = waiting + octets;
    const buffer = 2 * needed <= this.#buffer.length ? this.#buffer : new Uint8Array(Math.max(2 * needed, FIRST_CAPACITY));
    buffer.set(this.#buffer.subarray(this.#from, this.#to));
    this.#buffer = buffer;
    this.#scanned -= this.#from;
    this.#from = 0;
    this.#to = waiting;
  }
};

// packages/sip/src/reason-phrases.ts
var REASON_PHRASES = {
  100: "Trying",
  180: "Ringing",
  181: "Call Is Being Forwarded",
  182: "Queued",
  183: "Session Progress",
  199: "Early Dialog Terminated",
  200: "OK",
  202: "Accepted",
  204: "No Notification",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Moved Temporarily",
  305: "Use Proxy",
  380: "Alternative Service",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  410: "Gone",
  412: "Conditional Request Failed",
  413: "Request Entity Too Large",
  414: "Request-URI Too Long",
  415: "Unsupported Media Type",
  416: "Unsupported URI Scheme",
  417: "Unknown Resource-Priority",
  420: "Bad Extension",
  421: "Extension Required",
  422: "Session Interval Too Small",
  423: "Interval Too Brief",
  424: "Bad Location Information",
  428: "Use Identity Header",
  429: "Provide Referrer Identity",
  430: "Flow Failed",
  433: "Anonymity Disallowed",
  436: "Bad Identity-Info",
  437: "Unsupported Certificate",
  438: "Invalid Identity Header",
  439: "First Hop Lacks Outbound Support",
  440: "Max-Breadth Exceeded",
  469: "Bad Info Package",
  470: "Consent Needed",
  480: "Temporarily Unavailable",
  481: "Call/Transaction Does Not Exist",
  482: "Loop Detected",
  483: "Too Many Hops",
  484: "Address Incomplete",
  485: "Ambiguous",
  486: "Busy Here",
  487: "Request Terminated",
  488: "Not Acceptable Here",
  489: "Bad Event",
  491: "Request Pending",
  493: "Undecipherable",
  494: "Security Agreement Required",
  500: "Server Internal Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Server Time-out",
  505: "Version Not Supported",
  513: "Message Too Large",
  555: "Push Notification Service Not Supported",
  580: "Precondition Failure",
  600: "Busy Everywhere",
  603: "Decline",
  604: "Does Not Exist Anywhere",
  606: "Not Acceptable",
  607: "Unwanted",
  608: "Rejected"
};
var CLASS_PHRASES = ["", "Progress", "OK", "Redirection", "Client Error", "Server Error", "Global Failure"];
function reasonPhrase(status2) {
  return REASON_PHRASES[status2] ?? CLASS_PHRASES[Math.floor(status2 / 100)] ?? "Unknown";
}

// packages/sip/src/repair.ts
function repair(message, error, liberal2) {
  return repairThreeColons(message, error) || liberal2 && repairLiberally(message, error);
}
function repairThreeColons(message, error) {
  if (error.header !== void 0) return rewrite(message, error.header, (value) => value.replaceAll(":::", "::"));
  if (error.code !== "SIP_BAD_URI" || !(message instanceof SipRequest)) return false;
  return setUri(message, message.uri.replaceAll(":::", "::"));
}
function repairLiberally(message, error) {
  switch (error.code) {
    case "SIP_BAD_REQUEST_LINE":
      if (!(message instanceof SipRequest) || !isToken(message.method)) return false;
      message.flaw = void 0;
      return true;
    case "SIP_BAD_URI":
      return message instanceof SipRequest && setUri(message, plainUri(message.uri));
    case "SIP_BAD_HEADER":
      return error.header !== void 0 && rewrite(message, error.header, readdress);
    case "SIP_OUT_OF_RANGE":
      return repairNumber(message, error.header);
    default:
      return false;
  }
}
function plainUri(uri2) {
  return uri2.replace(/^<(.*)>$/, "$1").replace(/[ \t]/g, "").replace(/\?.*$/, "");
}
function setUri(request, uri2) {
  if (uri2 === request.uri) return false;
  request.uri = uri2;
  return true;
}
function rewrite(message, name, change) {
  const before = message.headers.all(name);
  const after = before.map(change);
  if (!after.every((value) => value !== void 0) || after.every((value, at) => value === before[at])) return false;
  message.headers.set(name, after);
  return true;
}
function readdress(value) {
  try {
    return readdressOne(value) ?? splitList(value).map((element) => readdressOne(element) ?? element).join(", ");
  } catch (error) {
    if (ProtocolError.is(error)) return void 0;
    throw error;
  }
}
function readdressOne(element) {
  if (element.startsWith('"') && !/^"(?:[^"\\]|\\[^])*"/.test(element)) return void 0;
  const bare = /^([A-Za-z][A-Za-z0-9+\-.]*:[^<>;,\s?]+\?[^<>;,\s]+)(.*)$/.exec(element);
  const text = bare === null ? element : `<${bare[1]}>${bare[2]}`;
  try {
    return formatNameAddr(parseNameAddr(text, { liberal: true }));
  } catch (error) {
    if (ProtocolError.is(error)) return void 0;
    throw error;
  }
}
function repairNumber(message, header2) {
  if (header2 === "Max-Forwards") message.headers.delete(header2);
  else if (header2 === "Expires") message.headers.set(header2, "3600");
  else return false;
  return true;
}

// packages/sip/src/validate.ts
var OK = { ok: true };
var SINGLE = [FROM, TO, CALL_ID, CSEQ, MAX_FORWARDS, CONTENT_LENGTH, CONTENT_TYPE, EXPIRES, MIN_EXPIRES];
var REPAIRS = 16;
var METHODS = /* @__PURE__ */ new Set([
  "ACK",
  "BYE",
  "CANCEL",
  "INFO",
  "INVITE",
  "MESSAGE",
  "NOTIFY",
  "OPTIONS",
  "PRACK",
  "PUBLISH",
  "REFER",
  "REGISTER",
  "SUBSCRIBE",
  "UPDATE"
]);
function validate(message, options2 = {}) {
  for (let repairs = 0; ; repairs++) {
    try {
      check3(message, options2.liberal === true);
      return OK;
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      if (repairs === REPAIRS || !repair(message, error, options2.liberal === true)) return refusal(message, error);
    }
  }
}
function refusal(message, error) {
  const answered = message instanceof SipRequest && message.method !== "ACK" && message.headers.has("Via");
  if (!answered) return { ok: false, action: "drop", error };
  const status2 = error.status ?? 400;
  return { ok: false, action: "respond", status: status2, reason: reasonOf(error, status2), error };
}
function reasonOf(error, status2) {
  switch (error.code) {
    case "SIP_MISSING_HEADER":
      return `Missing ${error.header}`;
    case "SIP_DUPLICATE_HEADER":
      return `More Than One ${error.header}`;
    case "SIP_BAD_HEADER":
    case "SIP_BAD_CONTENT_LENGTH":
      return `Malformed ${error.header}`;
    case "SIP_OUT_OF_RANGE":
      return `${error.header} Out Of Range`;
    case "SIP_CSEQ_METHOD":
      return status2 === 400 ? "Method In CSeq Differs" : reasonPhrase(status2);
    case "SIP_BAD_URI":
      return "Malformed Request-URI";
    case "SIP_BAD_REQUEST_LINE":
      return "Malformed Request Line";
    case "SIP_BODY_TRUNCATED":
      return "Body Shorter Than Content-Length";
    case "SIP_NO_CONTENT_LENGTH":
      return "Missing Content-Length";
    default:
      return reasonPhrase(status2);
  }
}
function check3(message, liberal2) {
  if (message.flaw !== void 0) throw message.flaw;
  const repeated = message.headers.repeated(SINGLE);
  if (repeated !== void 0) throw sipError("SIP_DUPLICATE_HEADER", { header: fieldName2(repeated), detail: fieldName2(repeated) });
  checkVias(message, liberal2);
  checkAddress(present(message.from, "From"), "From");
  checkAddress(present(message.to, "To"), "To");
  present(message.callId, "Call-ID");
  const { method: method2 } = present(message.cseq, "CSeq");
  for (const contact of message.contacts) if (!contact.wildcardContact) checkAddress(contact, "Contact");
  for (const route of message.routes) checkAddress(route, "Route");
  for (const route of message.recordRoutes) checkAddress(route, "Record-Route");
  readNumbers(message);
  if (message instanceof SipRequest) checkRequest(message, method2);
}
function present(value, name) {
  if (value === void 0) throw sipError("SIP_MISSING_HEADER", { header: name, detail: name });
  return value;
}
function checkVias(message, liberal2) {
  const top = present(message.vias[0], "Via");
  void top.ttl;
  void top.rport;
  if (top.branch === "z9hG4bK" && !liberal2) throw sipError("SIP_BAD_HEADER", { header: "Via", detail: "a branch without an identifier" });
}
function checkAddress(address2, header2) {
  try {
    void address2.uri;
  } catch (cause) {
    throw sipError("SIP_BAD_HEADER", { header: header2, detail: `the URI in ${header2}`, cause });
  }
}
function readNumbers(message) {
  void message.maxForwards;
  void message.expires;
  void message.minExpires;
  void message.contentType;
}
function checkRequest(request, cseqMethod) {
  if (cseqMethod !== request.method) {
    const status2 = METHODS.has(request.method) ? 400 : 501;
    throw sipError("SIP_CSEQ_METHOD", { header: "CSeq", detail: `${cseqMethod} in a ${request.method} request`, status: status2 });
  }
  const uri2 = request.parsedUri;
  if (uri2.scheme === "other") throw sipError("SIP_UNSUPPORTED_SCHEME", { detail: uri2.name });
  if ("headers" in uri2 && uri2.headers.length > 0) throw sipError("SIP_BAD_URI", { detail: "header components", section: "RFC 3261 \xA719.1.1" });
}

// packages/sip/src/encoder.ts
var utf82 = new TextEncoder();
function encode(message) {
  const { body, headers: headers2 } = message;
  const start2 = startLine3(message);
  const head = declaredLength(headers2) === body.length ? `${start2}${headers2.toByteString()}\r
` : `${start2}${headers2.toByteString(true)}Content-Length: ${body.length}\r
\r
`;
  const bytes = room(head.length + body.length);
  writeHead(bytes, head);
  if (body.length > 0) bytes.set(body, head.length);
  return bytes;
}
var SLAB = 32768;
var LARGEST_IN_SLAB = 4096;
var slab = new ArrayBuffer(0);
var used = 0;
function room(length) {
  if (length > LARGEST_IN_SLAB) return new Uint8Array(length);
  if (used + length > slab.byteLength) {
    slab = new ArrayBuffer(SLAB);
    used = 0;
  }
  const bytes = new Uint8Array(slab, used, length);
  used += length;
  return bytes;
}
var blankOrControl = /[\0-\x20]/;
function startLine3(message) {
  if (message instanceof SipRequest) {
    const { method: method2, uri: uri2 } = message;
    if (blankOrControl.test(method2) || blankOrControl.test(uri2)) throw sipError("SIP_UNSAFE_FIELD", { detail: "request line" });
    return `${method2} ${textToByteString(uri2)} SIP/2.0\r
`;
  }
  const { status: status2, reason } = message;
  if (!(status2 >= 100 && status2 <= 699) || /[\r\n]/.test(reason)) throw sipError("SIP_UNSAFE_FIELD", { detail: "status line" });
  return `SIP/2.0 ${status2} ${textToByteString(reason)}\r
`;
}
function writeHead(bytes, head) {
  const { read: read3, written: written2 } = utf82.encodeInto(head, bytes);
  if (read3 === head.length && written2 === head.length) return;
  for (let at = 0; at < head.length; at++) bytes[at] = head.charCodeAt(at);
}

// packages/sip/src/build.ts
var NO_OCTETS3 = new Uint8Array(0);
var PRINTABLE = /^[!-~]+$/;
var TOKEN3 = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
function respondTo(request, status2, options2 = {}) {
  const headers2 = new Headers();
  headers2.addFrom(request.headers, "Via");
  if (status2 === 100) headers2.addFrom(request.headers, "Timestamp");
  if (status2 > 100 && status2 < 300) headers2.addFrom(request.headers, "Record-Route");
  for (const name of ["From", "To", "Call-ID", "CSeq"]) headers2.addFrom(request.headers, name);
  if (options2.toTag !== void 0 && status2 !== 100) addToTag(headers2, options2.toTag);
  const reason = options2.reason ?? reasonPhrase(status2);
  if (/[\r\n]/.test(reason)) throw sipError("SIP_UNSAFE_FIELD", { detail: "line end in the reason phrase" });
  const response2 = new SipResponse(status2, reason, headers2);
  addBody(response2, options2);
  return response2;
}
function addToTag(headers2, tag) {
  const to2 = headers2.get("To");
  if (!TOKEN3.test(tag)) throw sipError("SIP_UNSAFE_FIELD", { header: "To", detail: "the tag is not a token" });
  if (to2 === void 0 || headers2.count("To") > 1) return;
  const behindAddress = to2.slice(to2.lastIndexOf(">") + 1);
  if (!/;\s*tag\s*=/i.test(behindAddress)) headers2.set("To", `${to2};tag=${tag}`);
}
function buildRequest(options2) {
  const { method: method2, uri: uri2, cseq, maxForwards = 70 } = options2;
  if (!TOKEN3.test(method2)) throw sipError("SIP_UNSAFE_FIELD", { detail: "the method is not a token" });
  if (!PRINTABLE.test(uri2)) throw sipError("SIP_UNSAFE_FIELD", { detail: "the Request-URI has blanks or is empty" });
  if (!isUpTo(cseq, 2 ** 31 - 1)) throw sipError("SIP_UNSAFE_FIELD", { header: "CSeq", detail: "cseq is not an integer from 0 to 2^31-1" });
  if (!isUpTo(maxForwards, 255)) throw sipError("SIP_UNSAFE_FIELD", { header: "Max-Forwards", detail: "maxForwards is not an integer from 0 to 255" });
  const headers2 = new Headers();
  for (const route of options2.routes ?? []) headers2.add("Route", addressText(route));
  headers2.add("Max-Forwards", String(maxForwards));
  headers2.add("From", addressText(options2.from));
  headers2.add("To", addressText(options2.to));
  headers2.add("Call-ID", options2.callId);
  headers2.add("CSeq", `${cseq} ${method2}`);
  const request = new SipRequest(method2, uri2, headers2);
  addBody(request, options2);
  return request;
}
function isUpTo(number3, most) {
  return Number.isInteger(number3) && number3 >= 0 && number3 <= most;
}
function addressText(address2) {
  return typeof address2 === "string" ? address2 : formatNameAddr(address2);
}
function addBody(message, options2) {
  for (const [name, value] of options2.headers ?? []) message.headers.add(name, value);
  if (options2.contentType !== void 0) message.headers.set("Content-Type", options2.contentType);
  message.body = options2.body ?? NO_OCTETS3;
}

// packages/sip/src/flow.ts
var MAGIC_COOKIE = "z9hG4bK";
function viaFor(flow, branch) {
  return `SIP/2.0/${flow.transport} ${flow.sentBy};branch=${branch}${flow.transport === "UDP" ? ";rport" : ""}`;
}
function newBranch(random) {
  return MAGIC_COOKIE + randomHex(random, 16);
}
function newTag(random) {
  return randomHex(random, 8);
}
function randomHex(random, octets) {
  let text = "";
  for (const octet of random.bytes(octets)) text += (octet < 16 ? "0" : "") + octet.toString(16);
  return text;
}
function hasMagicCookie(branch) {
  return branch !== void 0 && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE);
}

// packages/sip/src/timers.ts
function resolveTimers(given = {}) {
  const T12 = given.T1 ?? 500;
  return {
    T1: T12,
    T2: given.T2 ?? 4e3,
    T4: given.T4 ?? 5e3,
    B: given.B ?? 64 * T12,
    D: given.D ?? 32e3,
    F: given.F ?? 64 * T12,
    H: given.H ?? 64 * T12,
    trying: given.trying ?? 200
  };
}
function firstInterval(timer, timers, reliable, invite2) {
  switch (timer) {
    case "A":
    case "E":
    case "G":
      return reliable ? void 0 : timers.T1;
    case "B":
      return timers.B;
    case "D":
      return reliable ? 0 : timers.D;
    case "F":
      return timers.F;
    case "H":
      return timers.H;
    case "I":
    case "K":
      return reliable ? 0 : timers.T4;
    case "J":
      return reliable ? 0 : 64 * timers.T1;
    case "trying":
      return invite2 ? timers.trying : timeUntilT2(timers);
    case "L":
    case "M":
    case "expiry":
    case "cancel":
      return 64 * timers.T1;
  }
}
function nextInterval(timer, last, timers) {
  return timer === "A" ? 2 * last : Math.min(2 * last, timers.T2);
}
function timeUntilT2(timers) {
  let elapsed = 0;
  for (let interval = timers.T1; ; interval = Math.min(2 * interval, timers.T2)) {
    if (interval >= timers.T2) return elapsed;
    elapsed += interval;
  }
}

// packages/sip/src/transaction-table.ts
function to(next, ...actions) {
  return { next, actions };
}
var inviteClientTable = {
  name: "INVITE client transaction",
  section: "RFC 3261 \xA717.1.1, RFC 6026 \xA78.4",
  initial: to("Calling", "send request", "start A", "start B"),
  states: {
    Calling: {
      "timer A": to("Calling", "send request", "retransmit A"),
      "timer B": to("Terminated", "timeout to TU"),
      "transport error": to("Terminated", "transport error to TU"),
      "1xx": to("Proceeding", "stop A", "stop B", "response to TU", "release CANCEL"),
      "2xx": to("Accepted", "stop A", "stop B", "response to TU", "start M"),
      "300-699": to("Completed", "stop A", "stop B", "send ACK", "response to TU", "start D"),
      // §9.1: CANCEL must not be sent before a provisional response has come.
      CANCEL: to("Calling", "hold CANCEL")
    },
    Proceeding: {
      "1xx": to("Proceeding", "response to TU"),
      "2xx": to("Accepted", "stop cancel", "response to TU", "start M"),
      "300-699": to("Completed", "stop cancel", "send ACK", "response to TU", "start D"),
      CANCEL: to("Proceeding", "send CANCEL", "start cancel"),
      "timer cancel": to("Terminated", "timeout to TU"),
      // The figure has no such row, since nothing is sent here; but no timer runs either, and the flow may be lost.
      "transport error": to("Terminated", "transport error to TU")
    },
    Completed: {
      "300-699": to("Completed", "send ACK"),
      "transport error": to("Terminated", "transport error to TU"),
      "timer D": to("Terminated")
    },
    Accepted: {
      "2xx": to("Accepted", "response to TU"),
      "timer M": to("Terminated")
    }
  }
};
var nonInviteClientTable = {
  name: "non-INVITE client transaction",
  section: "RFC 3261 \xA717.1.2",
  initial: to("Trying", "send request", "start E", "start F"),
  states: {
    Trying: {
      "timer E": to("Trying", "send request", "retransmit E"),
      "timer F": to("Terminated", "timeout to TU"),
      "transport error": to("Terminated", "transport error to TU"),
      "1xx": to("Proceeding", "response to TU"),
      "2xx": to("Completed", "stop E", "stop F", "response to TU", "start K"),
      "300-699": to("Completed", "stop E", "stop F", "response to TU", "start K")
    },
    Proceeding: {
      "timer E": to("Proceeding", "send request", "slow down E"),
      "timer F": to("Terminated", "timeout to TU"),
      "transport error": to("Terminated", "transport error to TU"),
      "1xx": to("Proceeding", "response to TU"),
      "2xx": to("Completed", "stop E", "stop F", "response to TU", "start K"),
      "300-699": to("Completed", "stop E", "stop F", "response to TU", "start K")
    },
    Completed: {
      "timer K": to("Terminated")
    }
  }
};
var inviteServerTable = {
  name: "INVITE server transaction",
  section: "RFC 3261 \xA717.2.1, RFC 6026 \xA78.6",
  initial: to("Proceeding", "request to TU", "start trying"),
  states: {
    Proceeding: {
      request: to("Proceeding", "send response"),
      "timer trying": to("Proceeding", "send 100"),
      "1xx": to("Proceeding", "stop trying", "send response"),
      "2xx": to("Accepted", "stop trying", "send response", "start L"),
      "300-699": to("Completed", "stop trying", "send response", "start G", "start H"),
      CANCEL: to("Proceeding", "CANCEL to TU"),
      "transport error": to("Proceeding", "transport error to TU")
    },
    Completed: {
      request: to("Completed", "send response"),
      "timer G": to("Completed", "send response", "retransmit G"),
      "timer H": to("Terminated", "timeout to TU"),
      ACK: to("Confirmed", "stop G", "stop H", "start I"),
      "transport error": to("Completed", "transport error to TU")
    },
    Accepted: {
      // Retransmitted INVITEs have no row: the machine absorbs them, the TU retransmits the 2xx.
      "2xx": to("Accepted", "send response"),
      ACK: to("Accepted", "ACK to TU"),
      "timer L": to("Terminated"),
      "transport error": to("Accepted", "transport error to TU")
    },
    Confirmed: {
      "timer I": to("Terminated")
    }
  }
};
var nonInviteServerTable = {
  name: "non-INVITE server transaction",
  section: "RFC 3261 \xA717.2.2, RFC 4320 \xA74",
  initial: to("Trying", "request to TU", "start trying", "start expiry"),
  states: {
    Trying: {
      "timer trying": to("Proceeding", "send 100"),
      "1xx": to("Proceeding", "stop trying", "send response"),
      "2xx": to("Completed", "stop trying", "stop expiry", "send response", "start J"),
      "300-699": to("Completed", "stop trying", "stop expiry", "send response", "start J"),
      "timer expiry": to("Terminated")
    },
    Proceeding: {
      request: to("Proceeding", "send response"),
      "1xx": to("Proceeding", "send response"),
      "2xx": to("Completed", "stop expiry", "send response", "start J"),
      "300-699": to("Completed", "stop expiry", "send response", "start J"),
      // RFC 6026 §8.8: a response that could not be sent does not end the transaction.
      "transport error": to("Proceeding", "transport error to TU"),
      "timer expiry": to("Terminated")
    },
    Completed: {
      request: to("Completed", "send response"),
      "transport error": to("Completed", "transport error to TU"),
      "timer J": to("Terminated")
    }
  }
};

// packages/sip/src/transaction.ts
var tables = {
  client: { invite: inviteClientTable, other: nonInviteClientTable },
  server: { invite: inviteServerTable, other: nonInviteServerTable }
};
var Transaction = class {
  side;
  key;
  method;
  flow;
  table;
  state;
  /** The request that created it; let go as soon as the machine cannot need it any more. */
  request;
  /** Server: the last response sent. */
  response;
  /** RFC 2543 peers: where else the layer listed this transaction. */
  alias;
  /** The TU asked to cancel; `cancelReason` goes along. */
  cancelled = false;
  cancelReason;
  /** When it was created. */
  started;
  /** The layer made it (a CANCEL): the TU does not hear of it. */
  silent;
  #host;
  #ack;
  #cancelHeld = false;
  /** Running timers, and those that fired and may have to go on from their last interval. */
  #timers = /* @__PURE__ */ new Map();
  #elapsed;
  constructor(host4, side, key, request, flow, now, silent = false) {
    this.#host = host4;
    this.started = now;
    this.silent = silent;
    this.side = side;
    this.key = key;
    this.method = request.message.method;
    this.flow = flow;
    this.request = request;
    this.table = tables[side][this.method === "INVITE" ? "invite" : "other"];
    this.state = this.table.initial.next;
  }
  /** Runs the row of the initial state: sends the request, or passes it to the TU. */
  start(now) {
    this.#run(this.table.initial.actions, now, this.request?.message);
  }
  /** Whether the present state has a row for the event. */
  accepts(input) {
    return this.table.states[this.state]?.[input] !== void 0;
  }
  /** Feeds an event in; one without a row in the present state is ignored. */
  receive(input, now, message) {
    const row = this.table.states[this.state]?.[input];
    if (row === void 0) return;
    this.state = row.next;
    this.#run(row.actions, now, message);
    if (row.next === "Completed" || row.next === "Accepted") this.request = void 0;
    if (row.next === "Terminated") this.#end();
  }
  #run(actions, now, message) {
    for (const action of actions) this.#act(action, now, message);
    const elapsed = this.#elapsed;
    this.#elapsed = void 0;
    if (elapsed !== void 0) this.receive(`timer ${elapsed}`, now);
  }
  #act(action, now, message) {
    switch (action) {
      case "send request":
        if (this.request !== void 0) this.#host.transmit(this, this.request);
        return;
      case "send response":
        if (this.response !== void 0) this.#host.transmit(this, this.response);
        return;
      case "send 100":
        if (this.request === void 0) return;
        this.response = this.#host.tryingFor(this.request.message);
        this.#host.transmit(this, this.response);
        return;
      case "send ACK":
        if (this.request !== void 0) this.#ack ??= this.#host.ackFor(this.request.message, message);
        if (this.#ack !== void 0) this.#host.transmit(this, this.#ack);
        return;
      case "send CANCEL":
        if (this.request !== void 0) this.#host.sendCancel(this, this.request.message, now);
        return;
      case "hold CANCEL":
        this.#cancelHeld = true;
        return;
      case "release CANCEL":
        if (this.#cancelHeld) this.receive("CANCEL", now);
        return;
      case "request to TU":
        this.#host.toUser(this, "request", message);
        return;
      case "response to TU":
        this.#host.toUser(this, "response", message);
        return;
      case "ACK to TU":
        this.#host.toUser(this, "ACK", message);
        return;
      case "CANCEL to TU":
        this.#host.toUser(this, "CANCEL", message);
        return;
      case "timeout to TU":
        this.#host.toUser(this, "timeout", void 0);
        return;
      case "transport error to TU":
        this.#host.toUser(this, "transport error", void 0);
        return;
      case "retransmit A":
      case "retransmit E":
      case "retransmit G": {
        const name = action.slice(-1);
        const fired = this.#timers.get(name);
        this.#startTimer(name, nextInterval(name, fired.duration, this.#host.timers), now);
        return;
      }
      case "slow down E":
        this.#startTimer("E", this.#host.timers.T2, now);
        return;
      default:
        if (action.startsWith("start ")) this.#startFirst(action.slice(6), now);
        else this.#stopTimer(action.slice(5));
    }
  }
  #startFirst(name, now) {
    const interval = firstInterval(name, this.#host.timers, this.flow.reliable, this.method === "INVITE");
    if (interval === 0) this.#elapsed = name;
    else if (interval !== void 0) this.#startTimer(name, interval, now);
  }
  #startTimer(name, interval, now) {
    this.#timers.set(name, this.#host.queue.start({ transaction: this, name }, interval, now));
  }
  #stopTimer(name) {
    const timer = this.#timers.get(name);
    if (timer === void 0) return;
    this.#host.queue.stop(timer);
    this.#timers.delete(name);
  }
  #end() {
    for (const timer of this.#timers.values()) this.#host.queue.stop(timer);
    this.#timers.clear();
    this.request = void 0;
    this.response = void 0;
    this.#host.terminated(this);
  }
};

// packages/sip/src/fifo.ts
var Fifo = class {
  #items = [];
  #head = 0;
  get size() {
    return this.#items.length - this.#head;
  }
  push(item) {
    this.#items.push(item);
  }
  shift() {
    if (this.#head === this.#items.length) return void 0;
    const item = this.#items[this.#head];
    this.#items[this.#head] = void 0;
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    return item;
  }
};

// packages/sip/src/flow-index.ts
var FlowIndex = class {
  #byFlow = /* @__PURE__ */ new Map();
  add(transaction) {
    const known2 = this.#byFlow.get(transaction.flow.id);
    if (known2 === void 0) this.#byFlow.set(transaction.flow.id, /* @__PURE__ */ new Set([transaction]));
    else known2.add(transaction);
  }
  delete(transaction) {
    const known2 = this.#byFlow.get(transaction.flow.id);
    if (known2 === void 0) return;
    known2.delete(transaction);
    if (known2.size === 0) this.#byFlow.delete(transaction.flow.id);
  }
  /** A copy, since telling a transaction of the failure takes it out of here. */
  on(flowId) {
    return [...this.#byFlow.get(flowId) ?? []];
  }
  get size() {
    return this.#byFlow.size;
  }
};

// packages/sip/src/response-routing.ts
function stampSource(request, flow) {
  const via = request.via;
  if (via === void 0) return;
  const wantsPort = via.rport !== void 0;
  const isSource = withoutBrackets(via.host).toLowerCase() === flow.remote.host.toLowerCase();
  if (isSource && !wantsPort && via.received === void 0) return;
  const params = via.params.with("received", flow.remote.host);
  request.headers.removeFirst("Via");
  const { protocol, transport: transport2, host: host4, port: port4 } = via;
  request.headers.prepend("Via", formatVia({ protocol, transport: transport2, host: host4, port: port4, params: wantsPort ? params.with("rport", flow.remote.port) : params }));
}
function responseAddress(via, transport2) {
  const sentByPort = via.port ?? defaultPort(transport2);
  if (transport2 === "UDP" && via.maddr !== void 0) return numeric(via.maddr, sentByPort);
  const port4 = transport2 === "UDP" && typeof via.rport === "number" ? via.rport : sentByPort;
  return numeric(via.received ?? via.host, port4);
}
function defaultPort(transport2) {
  switch (transport2) {
    case "TLS":
      return 5061;
    case "WS":
      return 80;
    case "WSS":
      return 443;
    default:
      return 5060;
  }
}
function numeric(host4, port4) {
  const bare = withoutBrackets(host4);
  return isNumericHost(bare) ? { host: bare, port: port4 } : void 0;
}
function isNumericHost(host4) {
  return host4.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host4);
}
function withoutBrackets(host4) {
  return host4.startsWith("[") && host4.endsWith("]") ? host4.slice(1, -1) : host4;
}

// packages/sip/src/timer-queue.ts
var TimerQueue = class {
  #rows = /* @__PURE__ */ new Map();
  #size = 0;
  /** How many timers run. */
  get size() {
    return this.#size;
  }
  /** Starts a timer of `duration` milliseconds at `now`, which must not be before an earlier `now`. */
  start(owner, duration, now) {
    let row = this.#rows.get(duration);
    if (row === void 0) {
      row = { first: void 0, last: void 0 };
      this.#rows.set(duration, row);
    }
    const timer = { due: now + duration, duration, owner, previous: row.last, next: void 0, running: true };
    if (row.last === void 0) row.first = timer;
    else row.last.next = timer;
    row.last = timer;
    this.#size += 1;
    return timer;
  }
  /** Harmless when the timer has fired or was stopped before. */
  stop(timer) {
    if (!timer.running) return;
    timer.running = false;
    const row = this.#rows.get(timer.duration);
    if (timer.previous === void 0) row.first = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === void 0) row.last = timer.previous;
    else timer.next.previous = timer.previous;
    timer.previous = void 0;
    timer.next = void 0;
    this.#size -= 1;
    if (row.first === void 0) this.#rows.delete(timer.duration);
  }
  /** When the next timer is due. */
  deadline() {
    return this.#earliest()?.due;
  }
  /** Takes out the earliest timer that is due at `now`. */
  take(now) {
    const timer = this.#earliest();
    if (timer === void 0 || timer.due > now) return void 0;
    this.stop(timer);
    return timer;
  }
  #earliest() {
    let earliest;
    for (const row of this.#rows.values()) {
      const first2 = row.first;
      if (earliest === void 0 || first2.due < earliest.due) earliest = first2;
    }
    return earliest;
  }
};

// packages/sip/src/transaction-key.ts
function clientKey(branch, method2) {
  return `${branch} ${method2}`;
}
function clientKeyOf(response2) {
  const branch = response2.via?.branch;
  const method2 = response2.cseq?.method;
  return branch === void 0 || method2 === void 0 ? void 0 : clientKey(branch, method2);
}
function serverKeyOf(request) {
  const via = request.via;
  if (via !== void 0 && hasMagicCookie(via.branch)) {
    return `${via.branch} ${via.host.toLowerCase()}:${via.port ?? ""}`;
  }
  const base = rfc2543Key(request);
  return request.method === "ACK" ? rfc2543AckKey(base, request.toTag) : `${base} to ${request.toTag ?? ""}`;
}
function ackAlias(invite2, response2) {
  return hasMagicCookie(invite2.via?.branch) ? void 0 : rfc2543AckKey(rfc2543Key(invite2), response2.toTag);
}
function rfc2543AckKey(base, toTag) {
  return `${base} ack ${toTag ?? ""}`;
}
function rfc2543Key(request) {
  const via = request.via;
  const top = via === void 0 ? "" : `${via.transport} ${via.host.toLowerCase()}:${via.port ?? ""} ${via.branch ?? ""}`;
  return `2543 ${request.uri} ${request.fromTag ?? ""} ${request.callId ?? ""} ${request.cseq?.number ?? ""} ${top}`;
}

// packages/sip/src/transaction-messages.ts
function encoded(message) {
  return { message, bytes: encode(message) };
}
function ackForFailure(invite2, response2) {
  const ack = sameHop(invite2, "ACK");
  ack.headers.addFrom(response2.headers, "To");
  return ack;
}
function cancelFor(request, reason) {
  const cancel = sameHop(request, "CANCEL");
  cancel.headers.addFrom(request.headers, "To");
  if (reason !== void 0) cancel.headers.add("Reason", reason);
  return cancel;
}
function tryingFor(request) {
  return respondTo(request, 100);
}
function sameHop(original, method2) {
  const request = new SipRequest(method2, original.uri);
  const { headers: headers2 } = request;
  headers2.addFrom(original.headers, "Via");
  const topVia = headers2.removeFirst("Via");
  if (topVia !== void 0) headers2.set("Via", topVia);
  headers2.addFrom(original.headers, "Route");
  headers2.add("Max-Forwards", original.headers.get("Max-Forwards") ?? "70");
  headers2.addFrom(original.headers, "From");
  headers2.addFrom(original.headers, "Call-ID");
  headers2.add("CSeq", `${original.cseq?.number ?? 0} ${method2}`);
  return request;
}

// packages/sip/src/transaction-layer.ts
var RETRY_AFTER = "10";
var TransactionLayer = class {
  /** The values in use. */
  timers;
  #random;
  #maxTransactions;
  #queue = new TimerQueue();
  #clients = /* @__PURE__ */ new Map();
  #servers = /* @__PURE__ */ new Map();
  #byFlow = new FlowIndex();
  #events = new Fifo();
  #transmissions = new Fifo();
  #host;
  constructor(options2) {
    this.#random = options2.random;
    this.timers = resolveTimers(options2.timers);
    this.#maxTransactions = options2.maxTransactions ?? 1e5;
    this.#host = this.#makeHost();
  }
  /** Transactions that exist now, of both sides. */
  get size() {
    return this.#clients.size + this.#servers.size;
  }
  /** A message from the network. Writes `received` and `rport` into the top Via of a request (§18.2.1, RFC 3581). */
  receive(message, flow, now) {
    if (!(message instanceof SipRequest)) {
      this.#receiveResponse(message, flow, now);
      return;
    }
    stampSource(message, flow);
    const key = serverKeyOf(message);
    if (message.method === "ACK") this.#receiveAck(message, key, flow, now);
    else if (message.method === "CANCEL") this.#receiveCancel(message, key, flow, now);
    else this.#receiveRequest(message, key, flow, now);
  }
  /** Puts our Via before a copy of `request` and encodes it for `flow`. */
  prepare(request, flow, branchSuffix = "") {
    const branch = newBranch(this.#random) + branchSuffix;
    const copy = request.clone();
    copy.headers.prepend("Via", viaFor(flow, branch));
    return { ...encoded(copy), flow, branch };
  }
  /**
   * Starts the client transaction of a prepared request; returns its key.
   * Throws SIP_TOO_MANY_TRANSACTIONS (503) at the limit.
   */
  start(prepared, now) {
    if (this.size >= this.#maxTransactions) throw sipError("SIP_TOO_MANY_TRANSACTIONS");
    const key = clientKey(prepared.branch, prepared.message.method);
    this.#startClient(new Transaction(this.#host, "client", key, prepared, prepared.flow, now));
    return key;
  }
  /** `prepare` and `start` in one. Throws SIP_TOO_MANY_TRANSACTIONS (503) at the limit. */
  request(request, flow, now) {
    return this.start(this.prepare(request, flow), now);
  }
  /**
   * A response of the TU. It is dropped when the transaction is gone (RFC 6026 §8.3) or has had its final response, and
   * to a non-INVITE also when it is a 408, a provisional one other than 100, or a 100 over UDP before Timer E can have
   * reached T2 (RFC 4320 §4). The machine sends the 100 that RFC 4320 asks for by itself.
   */
  respond(key, response2, now) {
    const transaction = this.#servers.get(key);
    if (transaction === void 0 || !this.#mayRespond(transaction, response2.status, now)) return;
    const input = inputOf(response2.status);
    if (!transaction.accepts(input)) return;
    transaction.response = encoded(response2);
    if (response2.status >= 300 && transaction.method === "INVITE") this.#addAlias(transaction, response2);
    transaction.receive(input, now, response2);
  }
  /**
   * Cancels an INVITE client transaction (§9.1): at once if a provisional response has come, else when one comes; not at
   * all after a final response. `reason` becomes a Reason field (RFC 3326).
   */
  cancel(key, now, reason) {
    const transaction = this.#clients.get(key);
    if (transaction === void 0 || transaction.cancelled || transaction.method !== "INVITE") return;
    transaction.cancelled = true;
    transaction.cancelReason = reason;
    transaction.receive("CANCEL", now);
  }
  /** Nothing can be sent or received on this flow any more. */
  flowFailed(flow, now) {
    for (const transaction of this.#byFlow.on(flow.id)) transaction.receive("transport error", now);
  }
  /** A transmission could not be sent, on any flow. */
  sendFailed(side, key, now) {
    (side === "client" ? this.#clients : this.#servers).get(key)?.receive("transport error", now);
  }
  /** The next event for the TU. */
  next() {
    return this.#events.shift();
  }
  /** The next message for the transport. */
  transmit() {
    return this.#transmissions.shift();
  }
  /** When `wake` is to be called next. */
  deadline() {
    return this.#queue.deadline();
  }
  /** Fires the timers that are due at `now`. */
  wake(now) {
    for (let timer = this.#queue.take(now); timer !== void 0; timer = this.#queue.take(now)) {
      timer.owner.transaction.receive(`timer ${timer.owner.name}`, now);
    }
  }
  #receiveResponse(response2, flow, now) {
    const key = clientKeyOf(response2);
    const transaction = key === void 0 ? void 0 : this.#clients.get(key);
    if (transaction === void 0 || !isOurs(response2, transaction.flow)) {
      this.#events.push({ type: "stray", response: response2, flow });
      return;
    }
    transaction.receive(inputOf(response2.status), now, response2);
  }
  #receiveRequest(request, sharedKey, flow, now) {
    const other = this.#servers.get(sharedKey);
    const key = other === void 0 || other.method === request.method ? sharedKey : `${sharedKey} ${request.method}`;
    const known2 = this.#servers.get(key);
    if (known2 !== void 0) known2.receive("request", now);
    else if (this.size >= this.#maxTransactions) this.#refuse(request, sharedKey, flow);
    else this.#startServer(request, key, flow, now);
  }
  #receiveAck(request, key, flow, now) {
    const transaction = this.#servers.get(key);
    if (transaction?.method === "INVITE") transaction.receive("ACK", now, request);
    else this.#events.push({ type: "ack", request, flow });
  }
  /** §9.2: a CANCEL that matches is answered here; one that does not goes to the TU as any request. */
  #receiveCancel(request, sharedKey, flow, now) {
    const key = `${sharedKey} CANCEL`;
    const target = this.#servers.get(sharedKey);
    const known2 = this.#servers.get(key);
    if (known2 !== void 0) {
      known2.receive("request", now);
      return;
    }
    if (target === void 0) {
      if (this.size >= this.#maxTransactions) this.#refuse(request, sharedKey, flow);
      else this.#startServer(request, key, flow, now);
      return;
    }
    const cancel = this.#startServer(request, key, flow, now, true);
    this.respond(cancel.key, respondTo(request, 200, { toTag: target.response?.message.toTag ?? newTag(this.#random) }), now);
    target.receive("CANCEL", now, request);
  }
  #startServer(request, key, flow, now, silent = false) {
    const transaction = new Transaction(this.#host, "server", key, { message: request, bytes: NO_BYTES }, flow, now, silent);
    this.#servers.set(key, transaction);
    transaction.start(now);
    return transaction;
  }
  #startClient(transaction) {
    this.#clients.set(transaction.key, transaction);
    this.#byFlow.add(transaction);
    transaction.start(transaction.started);
  }
  /** §8.2.7: no state, so the tag comes from the request and is the same for each retransmission. */
  #refuse(request, key, flow) {
    const response2 = respondTo(request, 503, { toTag: `busy-${statelessTag(key)}`, headers: [["Retry-After", RETRY_AFTER]] });
    this.#transmissions.push({ flow, ...encoded(response2) });
  }
  #mayRespond(transaction, status2, now) {
    if (transaction.method === "INVITE") return true;
    if (status2 === 408) return false;
    if (status2 >= 200) return true;
    return status2 === 100 && (transaction.flow.reliable || now >= transaction.started + timeUntilT2(this.timers));
  }
  #addAlias(transaction, response2) {
    const alias = transaction.request === void 0 ? void 0 : ackAlias(transaction.request.message, response2);
    if (alias === void 0) return;
    transaction.alias = alias;
    this.#servers.set(alias, transaction);
  }
  #makeHost() {
    return {
      timers: this.timers,
      queue: this.#queue,
      transmit: (transaction, message) => {
        this.#transmissions.push({ flow: transaction.flow, ...message, side: transaction.side, key: transaction.key });
      },
      ackFor: (invite2, response2) => encoded(ackForFailure(invite2, response2)),
      tryingFor: (request) => encoded(tryingFor(request)),
      sendCancel: (transaction, invite2, now) => {
        const cancel = cancelFor(invite2, transaction.cancelReason);
        const key = clientKey(invite2.via?.branch ?? "", "CANCEL");
        this.#startClient(new Transaction(this.#host, "client", key, encoded(cancel), transaction.flow, now, true));
      },
      toUser: (transaction, what, message) => {
        if (!transaction.silent) this.#events.push(eventOf(transaction, what, message));
      },
      terminated: (transaction) => this.#forget(transaction)
    };
  }
  #forget(transaction) {
    if (transaction.side === "client") {
      this.#clients.delete(transaction.key);
      this.#byFlow.delete(transaction);
    } else {
      this.#servers.delete(transaction.key);
      if (transaction.alias !== void 0) this.#servers.delete(transaction.alias);
    }
    if (!transaction.silent) this.#events.push({ type: "terminated", side: transaction.side, key: transaction.key });
  }
};
var NO_BYTES = new Uint8Array(0);
function inputOf(status2) {
  return status2 < 200 ? "1xx" : status2 < 300 ? "2xx" : "300-699";
}
function isOurs(response2, flow) {
  const via = response2.via;
  if (via === void 0) return false;
  const sentBy2 = via.port === void 0 ? via.host : `${via.host}:${via.port}`;
  return sentBy2.toLowerCase() === flow.sentBy.toLowerCase();
}
function eventOf(transaction, what, message) {
  const { key, side, flow } = transaction;
  switch (what) {
    case "request":
      return { type: "request", key, request: message, flow };
    case "response":
      return { type: "response", key, response: message };
    case "ACK":
      return { type: "ack", request: message, flow };
    case "CANCEL":
      return { type: "cancelled", key, cancel: message };
    case "timeout":
      return { type: "timeout", side, key };
    case "transport error":
      return { type: "transportError", side, key };
  }
}
function statelessTag(key) {
  let hash = 2166136261;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 16777619);
  return (hash >>> 0).toString(16);
}

// packages/sip/src/client-request.ts
var ClientRequest = class {
  key = "";
  prepared;
  /** As the user gave it, for another try over UDP. */
  original;
  /** Where to go over UDP if TCP does not connect, §18.1.1. */
  fallback;
  branchSuffix = "";
  #handlers;
  #cancel;
  #cancelled;
  #done = false;
  constructor(original, prepared, handlers, cancel) {
    this.original = original;
    this.prepared = prepared;
    this.#handlers = handlers;
    this.#cancel = cancel;
  }
  get branch() {
    return this.prepared.branch;
  }
  get flow() {
    return this.prepared.flow;
  }
  get request() {
    return this.prepared.message;
  }
  /** What `cancel` was given, if it was called. */
  get cancelled() {
    return this.#cancelled;
  }
  cancel(reason) {
    if (this.#cancelled !== void 0) return;
    this.#cancelled = { reason };
    this.#cancel(this.key, reason);
  }
  response(response2) {
    if (response2.status >= 200) this.#done = true;
    this.#handlers.response(response2);
  }
  fail(error) {
    if (this.#done) return;
    this.#done = true;
    this.#handlers.failed(error);
  }
  terminated() {
    this.#handlers.terminated?.();
  }
};

// packages/sip/src/server-request.ts
var ServerRequest = class {
  key;
  request;
  flow;
  answered = false;
  onCancelled;
  onFailed;
  onTerminated;
  #respond;
  constructor(key, request, flow, respond) {
    this.key = key;
    this.request = request;
    this.flow = flow;
    this.#respond = respond;
  }
  respond(response2) {
    if (response2.status >= 200) this.answered = true;
    this.#respond(this.key, response2);
  }
};

// packages/sip/src/request-table.ts
var RequestTable = class {
  #options;
  #incoming = /* @__PURE__ */ new Map();
  #outgoing = /* @__PURE__ */ new Map();
  constructor(options2) {
    this.#options = options2;
  }
  add(outgoing) {
    this.#outgoing.set(outgoing.key, outgoing);
  }
  remove(outgoing) {
    this.#outgoing.delete(outgoing.key);
  }
  outgoingOn(flow) {
    return [...this.#outgoing.values()].filter((outgoing) => outgoing.flow.id === flow.id);
  }
  /** Fails what is under way. */
  close(error) {
    const outgoing = [...this.#outgoing.values()];
    this.#outgoing.clear();
    this.#incoming.clear();
    for (const one of outgoing) this.guarded(() => one.fail(error), void 0);
  }
  /** Calls a handler of the user; what it throws is reported and stops nothing else. */
  guarded(call, flow) {
    try {
      call();
    } catch (error) {
      this.#options.handlerFailed(error, flow);
    }
  }
  dispatch(event) {
    const { user: user3 } = this.#options;
    switch (event.type) {
      case "request":
        this.#request(event.key, event.request, event.flow);
        return;
      case "ack":
        this.guarded(() => user3.onAck(event.request, event.flow), event.flow);
        return;
      case "stray":
        this.guarded(() => user3.onStrayResponse(event.response, event.flow), event.flow);
        return;
      case "cancelled": {
        const incoming = this.#incoming.get(event.key);
        if (incoming !== void 0 && !incoming.answered) this.guarded(() => incoming.onCancelled?.(event.cancel), incoming.flow);
        return;
      }
      case "response": {
        const outgoing = this.#outgoing.get(event.key);
        if (outgoing !== void 0) this.guarded(() => outgoing.response(event.response), outgoing.flow);
        return;
      }
      case "timeout":
        this.#failed(event.side, event.key, event.side === "client" ? sipError("SIP_TIMEOUT") : sipError("SIP_NO_ACK"));
        return;
      case "transportError":
        this.#failed(event.side, event.key, sipError("SIP_TRANSPORT"));
        return;
      case "terminated":
        this.#terminated(event.side, event.key);
    }
  }
  #request(key, request, flow) {
    const incoming = new ServerRequest(key, request, flow, (to2, response2) => this.#options.respond(to2, response2));
    this.#incoming.set(key, incoming);
    try {
      this.#options.user.onRequest(incoming);
    } catch (error) {
      this.#options.handlerFailed(error, flow);
      if (!incoming.answered) this.#options.user.refuse(incoming, ProtocolError.is(error) ? error.status ?? 500 : 500);
    }
  }
  #failed(side, key, error) {
    if (side === "client") {
      const outgoing = this.#outgoing.get(key);
      if (outgoing !== void 0) this.guarded(() => outgoing.fail(error), outgoing.flow);
    } else {
      const incoming = this.#incoming.get(key);
      if (incoming !== void 0) this.guarded(() => incoming.onFailed?.(error), incoming.flow);
    }
  }
  #terminated(side, key) {
    if (side === "client") {
      const outgoing = this.#outgoing.get(key);
      this.#outgoing.delete(key);
      if (outgoing !== void 0) this.guarded(() => outgoing.terminated(), outgoing.flow);
    } else {
      const incoming = this.#incoming.get(key);
      this.#incoming.delete(key);
      if (incoming !== void 0) this.guarded(() => incoming.onTerminated?.(), incoming.flow);
    }
  }
};

// packages/sip/src/resolve.ts
async function resolveUri(uri2, resolver) {
  const parsed = typeof uri2 === "string" ? sipUriOf(uri2) : uri2;
  if (parsed.scheme === "sips") throw sipError("SIP_UNSUPPORTED_TRANSPORT", { detail: "sips" });
  const transport2 = (parsed.params.get("transport") ?? "udp").toUpperCase();
  if (transport2 !== "UDP" && transport2 !== "TCP") throw sipError("SIP_UNSUPPORTED_TRANSPORT", { detail: transport2 });
  const host4 = withoutBrackets(parsed.params.get("maddr") ?? parsed.host);
  return { transport: transport2, address: { host: await lookUp(host4, resolver), port: parsed.port ?? 5060 } };
}
function sipUriOf(text) {
  const uri2 = parseUri(text);
  if (!isSipUri(uri2)) throw sipError("SIP_UNRESOLVED", { detail: `scheme of ${uri2.text}` });
  return uri2;
}
async function lookUp(host4, resolver) {
  if (isNumericHost(host4)) return host4;
  if (resolver === void 0) throw sipError("SIP_UNRESOLVED", { detail: `${host4} is a name and there is no resolver` });
  let addresses;
  try {
    addresses = await resolver.lookup(host4);
  } catch (cause) {
    throw sipError("SIP_UNRESOLVED", { detail: host4, cause });
  }
  const [first2] = addresses;
  if (first2 === void 0) throw sipError("SIP_UNRESOLVED", { detail: host4 });
  return first2;
}

// packages/sip/src/stream-flow.ts
var PONG = new Uint8Array([13, 10]);
var StreamFlow = class {
  id;
  transport;
  reliable = true;
  remote;
  sentBy;
  #options;
  #decoder;
  #connection;
  #waiting = [];
  #waitingOctets = 0;
  #closed = false;
  constructor(options2) {
    this.id = options2.id;
    this.transport = options2.transport;
    this.remote = options2.remote;
    this.sentBy = options2.sentBy;
    this.#options = options2;
    this.#decoder = new SipStreamDecoder(options2.decoder);
  }
  /** Known once connected; before that the unspecified address. */
  get local() {
    return this.#connection?.local ?? { host: "0.0.0.0", port: 0 };
  }
  get connected() {
    return this.#connection !== void 0;
  }
  get closed() {
    return this.#closed;
  }
  /** Takes over the connection, sends what waited, and starts to read. */
  connect(connection) {
    if (this.#closed) {
      connection.destroy();
      return;
    }
    this.#connection = connection;
    connection.attach({ data: (bytes) => this.#receive(bytes), closed: (error) => this.close(error) });
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingOctets = 0;
    connection.cork();
    for (const bytes of waiting) this.write(bytes);
    connection.uncork();
  }
  /** Sends octets. False when the flow is closed, or gets closed now because its peer does not read. */
  write(bytes) {
    if (this.#closed) return false;
    const pending = (this.#connection?.pending ?? this.#waitingOctets) + bytes.length;
    if (pending > this.#options.maxPendingOutput) {
      this.close(sipError("SIP_PEER_DOES_NOT_READ", { detail: `${pending} octets` }));
      return false;
    }
    if (this.#connection === void 0) {
      this.#waiting.push(bytes);
      this.#waitingOctets += bytes.length;
    } else {
      this.#connection.write(bytes);
    }
    this.#options.handlers.active(this);
    return true;
  }
  /** Ends in order: what is pending is sent. */
  end() {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection?.end();
    this.#options.handlers.closed(this);
  }
  /** Ends at once. */
  close(error) {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#connection?.destroy();
    this.#options.handlers.closed(this, error);
  }
  #receive(bytes) {
    this.#decoder.receive(bytes);
    try {
      this.#takeMessages();
    } catch (error) {
      this.close(error);
    }
  }
  #takeMessages() {
    for (let item = this.#decoder.next(); item !== void 0 && !this.#closed; item = this.#decoder.next()) {
      this.#options.handlers.active(this);
      if (item === "ping") this.write(PONG);
      else if (item !== "pong") this.#options.handlers.message(item, this);
    }
  }
};

// packages/sip/src/stream-flows.ts
var StreamFlows = class {
  #options;
  #flows = /* @__PURE__ */ new Map();
  #byRemote = /* @__PURE__ */ new Map();
  #idle = new TimerQueue();
  #idleTimers = /* @__PURE__ */ new Map();
  /** Makes ids differ from those of an endpoint that ran before, so that a stored id never names a stranger's connection. */
  #instance;
  #count = 0;
  constructor(options2) {
    this.#options = options2;
    this.#instance = randomHex(options2.random, 6);
  }
  get size() {
    return this.#flows.size;
  }
  get(id) {
    return this.#flows.get(id);
  }
  /** An open connection to `remote`, or one that is being opened (§18.1.1). */
  to(remote) {
    return this.#byRemote.get(formatAddress(remote));
  }
  /** A connection somebody opened to us. Closed at once when there are too many; then the error is returned. */
  accept(connection, sentBy2) {
    if (this.#flows.size >= this.#options.limits.maxConnections) {
      connection.destroy();
      return sipError("SIP_TOO_MANY_CONNECTIONS", { detail: formatAddress(connection.remote) });
    }
    this.#add(connection.remote, sentBy2).connect(connection);
    return void 0;
  }
  /** Opens a connection; the flow may be used at once. Throws SIP_TOO_MANY_CONNECTIONS. */
  open(remote, sentBy2) {
    if (this.#flows.size >= this.#options.limits.maxConnections) {
      throw sipError("SIP_TOO_MANY_CONNECTIONS", { detail: formatAddress(remote) });
    }
    const flow = this.#add(remote, sentBy2);
    this.#options.network.connectTcp(remote, { timeout: this.#options.limits.connectTimeout }).then(
      (connection) => flow.connect(connection),
      (error) => flow.close(error)
    );
    return flow;
  }
  /** When `wake` is to be called next. */
  deadline() {
    return this.#idle.deadline();
  }
  /** Closes connections that were idle for too long. */
  wake(now) {
    for (let timer = this.#idle.take(now); timer !== void 0; timer = this.#idle.take(now)) timer.owner.end();
  }
  closeAll() {
    for (const flow of [...this.#flows.values()]) flow.end();
  }
  #add(remote, sentBy2) {
    this.#count += 1;
    const flow = new StreamFlow({
      id: `TCP/${this.#instance}/${this.#count}`,
      transport: "TCP",
      remote,
      sentBy: sentBy2,
      decoder: this.#options.decoder,
      maxPendingOutput: this.#options.limits.maxPendingOutput,
      handlers: {
        message: (message, from) => this.#options.message(message, from),
        active: (active) => this.#touch(active),
        closed: (gone, error) => this.#remove(gone, error)
      }
    });
    this.#flows.set(flow.id, flow);
    this.#byRemote.set(formatAddress(remote), flow);
    this.#touch(flow);
    return flow;
  }
  #touch(flow) {
    const running = this.#idleTimers.get(flow);
    if (running !== void 0) this.#idle.stop(running);
    this.#idleTimers.set(flow, this.#idle.start(flow, this.#options.limits.idleTimeout, this.#options.now()));
  }
  #remove(flow, error) {
    this.#flows.delete(flow.id);
    const key = formatAddress(flow.remote);
    if (this.#byRemote.get(key) === flow) this.#byRemote.delete(key);
    const running = this.#idleTimers.get(flow);
    if (running !== void 0) this.#idle.stop(running);
    this.#idleTimers.delete(flow);
    this.#options.closed(flow, error);
  }
};

// packages/sip/src/udp-flows.ts
var UdpFlow = class {
  transport = "UDP";
  reliable = false;
  udp;
  remote;
  constructor(udp, remote) {
    this.udp = udp;
    this.remote = remote;
  }
  get id() {
    return `UDP/${formatAddress(this.udp.local)}/${formatAddress(this.remote)}`;
  }
  get local() {
    return this.udp.local;
  }
  get sentBy() {
    return this.udp.sentBy;
  }
};
var UdpFlows = class {
  #sockets = [];
  add(udp) {
    this.#sockets.push(udp);
  }
  /** The flow with an id made earlier, also by an endpoint that ran before on the same address. */
  get(id) {
    const [transport2, local, remote] = id.split("/");
    const udp = transport2 === "UDP" ? this.#sockets.find((one) => formatAddress(one.local) === local) : void 0;
    const address2 = remote === void 0 ? void 0 : parseHostPort(remote);
    return udp === void 0 || address2 === void 0 ? void 0 : new UdpFlow(udp, address2);
  }
  /** A flow to `remote` from the first socket of its address family. */
  to(remote) {
    const isV6 = remote.host.includes(":");
    const udp = this.#sockets.find((one) => one.local.host.includes(":") === isV6);
    return udp === void 0 ? void 0 : new UdpFlow(udp, remote);
  }
  /** Closes every socket. */
  async closeAll() {
    await Promise.all(this.#sockets.splice(0).map((udp) => udp.socket.close()));
  }
  get first() {
    return this.#sockets[0];
  }
};
function parseHostPort(text) {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return void 0;
  const port4 = Number(match[3]);
  return port4 > 65535 ? void 0 : { host: match[1] ?? match[2], port: port4 };
}

// packages/sip/src/transport-layer.ts
var TransportLayer = class {
  #options;
  #decoder;
  #udp = new UdpFlows();
  #streams;
  #listeners = [];
  /** What our Via says where no address of ours is known; responses come by `received`, `rport` or the connection. */
  #nameless;
  constructor(options2) {
    this.#options = options2;
    this.#decoder = { limits: options2.limits, liberal: options2.liberal };
    this.#nameless = `${randomHex(options2.random, 6)}.invalid`;
    this.#streams = new StreamFlows({
      network: options2.network,
      random: options2.random,
      limits: options2.limits,
      decoder: this.#decoder,
      now: () => options2.clock.now(),
      message: (message, flow) => this.#receiveFromStream(message, flow),
      closed: (flow, error) => options2.lost(flow, error)
    });
  }
  get connections() {
    return this.#streams.size;
  }
  async listenUdp(address2, options2) {
    let udp;
    const socket = await this.#options.network.bindUdp(address2, {
      datagram: (bytes, from) => {
        if (udp !== void 0) this.#receiveDatagram(bytes, new UdpFlow(udp, from));
      },
      error: (error, to2) => {
        if (udp !== void 0 && to2 !== void 0) this.#options.lost(new UdpFlow(udp, to2), error);
        else this.#options.problem(error, void 0);
      }
    });
    udp = { socket, local: socket.local, sentBy: this.#sentBy(socket.local, options2.advertise) };
    this.#udp.add(udp);
    return socket.local;
  }
  async listenTcp(address2, options2) {
    let sentBy2 = this.#nameless;
    const listener = await this.#options.network.listenTcp(address2, (connection) => {
      const refused = this.#streams.accept(connection, sentBy2);
      if (refused !== void 0) this.#options.problem(refused, void 0);
      this.#options.changed();
    });
    sentBy2 = this.#sentBy(listener.local, options2.advertise);
    this.#listeners.push({ listener, sentBy: sentBy2 });
    return listener.local;
  }
  /** The UDP socket of the target's address family; an open TCP connection to it (§18.1.1), else a new one, usable at once. */
  flowTo(to2) {
    if (to2.transport === "TCP") return this.#streams.to(to2.address) ?? this.#streams.open(to2.address, this.#streamSentBy());
    const flow = this.#udp.to(to2.address);
    if (flow === void 0) throw sipError("SIP_NO_SOCKET", { detail: formatAddress(to2.address) });
    return flow;
  }
  flow(id) {
    return this.#streams.get(id) ?? this.#udp.get(id);
  }
  /** Sends a message over a flow. False when the flow is closed, or just was because its peer does not read. */
  send(flow, bytes, message) {
    if (flow instanceof UdpFlow) {
      this.#options.trace?.({ direction: "out", flow, bytes, message });
      flow.udp.socket.send(bytes, flow.remote);
      return true;
    }
    const stream = this.#streams.get(flow.id);
    if (stream === void 0 || !stream.write(bytes)) return false;
    this.#options.trace?.({ direction: "out", flow, bytes, message });
    return true;
  }
  /**
   * The flow a response takes (§18.2.2): over UDP the same socket, to the address its top Via names; over a connection
   * that connection, or a new one if it is gone. Undefined when the Via names no numeric address.
   */
  responseFlow(flow, response2) {
    const via = response2.via;
    if (flow instanceof UdpFlow) {
      const address3 = via === void 0 ? void 0 : responseAddress(via, "UDP");
      return address3 === void 0 ? void 0 : new UdpFlow(flow.udp, address3);
    }
    if (this.#streams.get(flow.id) !== void 0) return flow;
    const address2 = via === void 0 ? void 0 : responseAddress(via, flow.transport);
    return address2 === void 0 ? void 0 : this.flowTo({ transport: "TCP", address: address2 });
  }
  deadline() {
    return this.#streams.deadline();
  }
  wake(now) {
    this.#streams.wake(now);
  }
  async close() {
    this.#streams.closeAll();
    await Promise.all([this.#udp.closeAll(), ...this.#listeners.map(({ listener }) => listener.close())]);
  }
  #receiveDatagram(bytes, flow) {
    let message;
    try {
      message = decodeDatagram(bytes, this.#decoder);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#options.trace?.({ direction: "in", flow, bytes });
      if (error.code !== "SIP_NO_MESSAGE") this.#options.problem(error, flow);
      return;
    }
    this.#options.trace?.({ direction: "in", flow, bytes, message });
    this.#options.message(keepable(message), flow);
  }
  #receiveFromStream(message, flow) {
    if (this.#options.trace !== void 0) this.#options.trace({ direction: "in", flow, bytes: encode(message), message });
    this.#options.message(keepable(message), flow);
  }
  /** §18.1.1: a server may open a connection to the sent-by of our Via, so it names a listener if there is one. */
  #streamSentBy() {
    return this.#listeners[0]?.sentBy ?? this.#nameless;
  }
  #sentBy(local, advertise) {
    if (advertise !== void 0) return /:\d+$/.test(advertise) ? advertise : `${advertise}:${local.port}`;
    return local.host === "0.0.0.0" || local.host === "::" ? this.#nameless : formatAddress(local);
  }
};
function keepable(message) {
  if (message.body.length > 0) message.body = message.body.slice();
  return message;
}

// packages/sip/src/endpoint.ts
var DEFAULT_ENDPOINT_LIMITS = {
  ...DEFAULT_LIMITS,
  maxTransactions: 1e5,
  maxConnections: 1e4,
  maxPendingOutput: 1048576,
  idleTimeout: 6e5,
  connectTimeout: 1e4,
  maxUdpRequest: 1300
};
var SipEndpoint = class {
  /** A request no transaction knows yet. Invalid ones were answered or dropped before (§8.2, RFC 4475). */
  onRequest = (incoming) => this.refuse(incoming, 501);
  /** An ACK to a 2xx. */
  onAck = () => {
  };
  /** A response that belongs to no request; it must not be forwarded (RFC 6026 §8.2). */
  onStrayResponse = () => {
  };
  /** A connection is gone. */
  onFlowClosed = () => {
  };
  clock;
  random;
  #options;
  #limits;
  #layer;
  #transport;
  #requests;
  #timer;
  #pumping = false;
  #again = false;
  #closed = false;
  constructor(options2) {
    this.#options = options2;
    this.clock = options2.clock;
    this.random = options2.random;
    this.#limits = { ...DEFAULT_ENDPOINT_LIMITS, ...options2.limits };
    this.#layer = new TransactionLayer({
      random: options2.random,
      timers: options2.timers ?? {},
      maxTransactions: this.#limits.maxTransactions
    });
    this.#requests = new RequestTable({
      user: this,
      respond: (key, response2) => {
        this.#layer.respond(key, response2, this.clock.now());
        this.#afterCall();
      },
      handlerFailed: (error, flow) => this.#handlerFailed(error, flow)
    });
    this.#transport = new TransportLayer({
      network: options2.network,
      clock: options2.clock,
      random: options2.random,
      limits: this.#limits,
      liberal: options2.liberal === true,
      trace: options2.trace,
      message: (message, flow) => this.#receive(message, flow),
      lost: (flow, error) => this.#flowLost(flow, error),
      problem: (error, flow) => this.report(error, flow),
      changed: () => this.#arm()
    });
  }
  /** The timer values in use. */
  get timers() {
    return this.#layer.timers;
  }
  /** Transactions and connections that exist now. */
  get load() {
    return { transactions: this.#layer.size, connections: this.#transport.connections };
  }
  /** Binds a UDP socket; resolves with its address. Rejects with TRANSPORT_... */
  listenUdp(address2, options2 = {}) {
    return this.#transport.listenUdp(address2, options2);
  }
  /** Listens for TCP connections; resolves with the address as bound. Rejects with TRANSPORT_... */
  listenTcp(address2, options2 = {}) {
    return this.#transport.listenTcp(address2, options2);
  }
  /**
   * Sends a request in a client transaction of its own: our Via goes on top of a copy, `to` is a target or an open flow.
   * A request too large for UDP goes over TCP, and over UDP after all if TCP does not connect (§18.1.1); not if `to` is
   * a flow. Throws SIP_TOO_MANY_TRANSACTIONS, SIP_TOO_MANY_CONNECTIONS, SIP_NO_SOCKET, SIP_ENDPOINT_CLOSED.
   */
  request(request, to2, handlers, { branchSuffix = "" } = {}) {
    let prepared = this.#layer.prepare(request, this.flowTo(to2), branchSuffix);
    let fallback;
    if (!isFlow(to2) && to2.transport === "UDP" && prepared.bytes.length > this.#limits.maxUdpRequest) {
      fallback = to2;
      prepared = this.#layer.prepare(request, this.flowTo({ transport: "TCP", address: to2.address }), branchSuffix);
    }
    const outgoing = new ClientRequest(request, prepared, handlers, (key, reason) => {
      this.#layer.cancel(key, this.clock.now(), reason);
      this.#afterCall();
    });
    outgoing.fallback = fallback;
    outgoing.branchSuffix = branchSuffix;
    this.#start(outgoing);
    this.#afterCall();
    return outgoing;
  }
  /**
   * Sends a message without a transaction and as it is: the ACK to a 2xx, a response forwarded without state. A request
   * needs its Via: `viaFor(flow, newBranch())`. Throws SIP_TOO_MANY_CONNECTIONS, SIP_NO_SOCKET, SIP_ENDPOINT_CLOSED.
   */
  send(message, to2) {
    const flow = this.flowTo(to2);
    const sent2 = this.#transport.send(flow, encode(message), message);
    if (!sent2) this.report(sipError("SIP_TRANSPORT", { detail: formatAddress(flow.remote) }), flow);
    this.#arm();
  }
  /**
   * The flow for a target: the UDP socket of its address family; an open TCP connection to it, else a new one that may be
   * used at once. Throws SIP_NO_SOCKET, SIP_TOO_MANY_CONNECTIONS, SIP_ENDPOINT_CLOSED.
   */
  flowTo(to2) {
    if (this.#closed) throw sipError("SIP_ENDPOINT_CLOSED");
    return isFlow(to2) ? to2 : this.#transport.flowTo(to2);
  }
  /** The open flow with that id. */
  flow(id) {
    return this.#transport.flow(id);
  }
  /** Where a SIP URI leads (RFC 3263). Rejects with SIP_UNRESOLVED, SIP_UNSUPPORTED_TRANSPORT. */
  resolve(uri2) {
    return resolveUri(uri2, this.#options.resolver);
  }
  /** A tag for From or To that nobody can guess (§19.3). */
  newTag() {
    return newTag(this.#options.random);
  }
  /** A branch for the Via of a message that goes through `send`. */
  newBranch() {
    return newBranch(this.#options.random);
  }
  /** A Call-ID that nobody can guess (§8.1.1.4). */
  newCallId() {
    return randomHex(this.#options.random, 16);
  }
  /** Answers with a status and a To tag, nothing else. */
  refuse(incoming, status2) {
    incoming.respond(respondTo(incoming.request, status2, { toTag: this.newTag() }));
  }
  /** Tells `onError`, for those who build on the endpoint. */
  report(error, flow) {
    this.#options.onError?.(error, flow);
  }
  /** Closes sockets and connections. Requests under way fail with SIP_ENDPOINT_CLOSED. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.timer.cancel();
    this.#requests.close(sipError("SIP_ENDPOINT_CLOSED"));
    await this.#transport.close();
  }
  #start(outgoing) {
    outgoing.key = this.#layer.start(outgoing.prepared, this.clock.now());
    this.#requests.add(outgoing);
  }
  #receive(message, flow) {
    if (this.#closed) return;
    const verdict = validate(message, { liberal: this.#options.liberal === true });
    if (verdict.ok) this.#layer.receive(message, flow, this.clock.now());
    else this.#rejectInvalid(message, flow, verdict);
    this.#pump();
  }
  /** Answers without state (§8.2.7). A top Via that cannot be read leaves nowhere to answer to. */
  #rejectInvalid(message, flow, verdict) {
    this.report(verdict.error, flow);
    if (verdict.action === "drop" || !(message instanceof SipRequest)) return;
    try {
      stampSource(message, flow);
    } catch (error) {
      if (ProtocolError.is(error)) return;
      throw error;
    }
    const { status: status2, reason } = verdict;
    const response2 = respondTo(message, status2, { reason, toTag: this.newTag() });
    this.#transmit({ flow, message: response2, bytes: encode(response2) });
  }
  #flowLost(flow, error) {
    if (error !== void 0) this.report(error, flow);
    if (this.#closed) return;
    if (flow instanceof StreamFlow && !flow.connected) this.#fallBack(flow);
    this.#layer.flowFailed(flow, this.clock.now());
    if (flow.reliable) this.#requests.guarded(() => this.onFlowClosed(flow), flow);
    this.#pump();
  }
  /** §18.1.1: TCP did not connect, so what was only too large for UDP goes over UDP after all. */
  #fallBack(flow) {
    for (const outgoing of this.#requests.outgoingOn(flow)) {
      if (outgoing.fallback === void 0) continue;
      this.#requests.remove(outgoing);
      outgoing.prepared = this.#layer.prepare(outgoing.original, this.flowTo(outgoing.fallback), outgoing.branchSuffix);
      outgoing.fallback = void 0;
      this.#start(outgoing);
      if (outgoing.cancelled !== void 0) this.#layer.cancel(outgoing.key, this.clock.now(), outgoing.cancelled.reason);
    }
  }
  /** Sends and tells until nothing is left, then sets the clock. From within a handler: the outer call goes on. */
  #pump() {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#again) {
      this.#again = false;
      this.#transmitAll();
      for (let event = this.#layer.next(); event !== void 0 && !this.#closed; event = this.#layer.next()) {
        this.#requests.dispatch(event);
        this.#again = true;
      }
    }
    this.#pumping = false;
    this.#arm();
  }
  /** After a call of our user: send at once, but tell nothing before the call has returned. */
  #afterCall() {
    this.#transmitAll();
    this.#arm();
    if (this.#pumping) this.#again = true;
    else void Promise.resolve().then(() => this.#pump());
  }
  #transmitAll() {
    for (let out = this.#layer.transmit(); out !== void 0; out = this.#layer.transmit()) this.#transmit(out);
  }
  #transmit(out) {
    if (this.#closed) return;
    if (this.#sent(out)) return;
    if (out.side !== void 0 && out.key !== void 0) this.#layer.sendFailed(out.side, out.key, this.clock.now());
  }
  /** False when there is no way: the flow is gone, or no new one can be opened. */
  #sent(out) {
    try {
      const flow = out.message instanceof SipRequest ? out.flow : this.#transport.responseFlow(out.flow, out.message);
      return flow !== void 0 && this.#transport.send(flow, out.bytes, out.message);
    } catch (error) {
      this.report(error, out.flow);
      return false;
    }
  }
  #arm() {
    if (this.#closed) return;
    const layer = this.#layer.deadline() ?? Infinity;
    const due = Math.min(layer, this.#transport.deadline() ?? Infinity);
    if (due === Infinity || this.#timer !== void 0 && this.#timer.due <= due) return;
    this.#timer?.timer.cancel();
    this.#timer = { due, timer: this.clock.setTimer(Math.max(0, due - this.clock.now()), () => this.#wake()) };
  }
  #wake() {
    this.#timer = void 0;
    const now = this.clock.now();
    this.#layer.wake(now);
    this.#transport.wake(now);
    this.#pump();
  }
  /** A handler of our user threw. Without `onError` nobody would know, so it surfaces as an unhandled rejection. */
  #handlerFailed(error, flow) {
    if (this.#options.onError === void 0) void Promise.reject(error);
    else this.report(error, flow);
  }
};
function isFlow(to2) {
  return "id" in to2;
}

// packages/sip/src/dialog-table.ts
var dialogTable = {
  name: "Dialog",
  section: "RFC 3261 \xA712",
  initial: { next: "none", actions: [] },
  states: {
    none: {
      "1xx": { next: "early", actions: ["build state"] },
      "2xx": { next: "confirmed", actions: ["build state"] }
    },
    early: {
      "1xx": { next: "early", actions: [] },
      "2xx": { next: "confirmed", actions: ["recompute route set", "refresh target"] },
      "300-699": { next: "terminated", actions: [] },
      refresh: { next: "early", actions: ["refresh target"] },
      BYE: { next: "terminated", actions: [] },
      gone: { next: "terminated", actions: [] }
    },
    confirmed: {
      refresh: { next: "confirmed", actions: ["refresh target"] },
      BYE: { next: "terminated", actions: [] },
      gone: { next: "terminated", actions: [] }
    }
  }
};

// packages/sip/src/dialog.ts
function dialogId(callId, localTag, remoteTag) {
  return `${callId} ${localTag} ${remoteTag}`;
}
function dialogIdOf(request) {
  const { toTag } = request;
  return toTag === void 0 ? void 0 : dialogId(request.callId ?? "", toTag, request.fromTag ?? "");
}
var Dialog = class _Dialog {
  id;
  callId;
  localTag;
  remoteTag;
  localUri;
  remoteUri;
  secure;
  /** Whether we sent the request that made the dialog, and so made the Call-ID (§14.1). */
  isUac;
  /** CSeq number of our last request; undefined before the first. */
  localSeq;
  /** Highest CSeq number of the peer; undefined before its first request. */
  remoteSeq;
  /** URIs in the order of our Route. */
  routeSet;
  remoteTarget;
  #state = dialogTable.initial.next;
  constructor(parts, status2) {
    this.callId = copied(parts.callId);
    this.localTag = copied(parts.localTag);
    this.remoteTag = copied(parts.remoteTag);
    this.localUri = copied(parts.localUri);
    this.remoteUri = copied(parts.remoteUri);
    this.localSeq = parts.localSeq;
    this.remoteSeq = parts.remoteSeq;
    this.routeSet = parts.routeSet.map(copied);
    this.remoteTarget = copied(parts.remoteTarget);
    this.secure = parts.secure;
    this.isUac = parts.isUac;
    this.id = dialogId(this.callId, this.localTag, this.remoteTag);
    this.#receive(status2 < 200 ? "1xx" : "2xx", void 0);
  }
  /** The dialog a response to our request makes (§12.1.2). Throws SIP_NO_DIALOG for a 100 or a failure, or without tags. */
  static uac(request, response2) {
    requireDialogForming(response2);
    return new _Dialog({
      callId: request.callId ?? "",
      localTag: request.fromTag ?? "",
      remoteTag: response2.toTag ?? "",
      localUri: request.from?.uriText ?? "",
      remoteUri: request.to?.uriText ?? "",
      localSeq: request.cseq?.number,
      remoteSeq: void 0,
      routeSet: routesFromResponse(response2),
      // A 2xx without Contact breaks §12.1.1, but it must be acknowledged all the same.
      remoteTarget: contactOf(response2) ?? request.uri,
      secure: isSips(request.uri),
      isUac: true
    }, response2.status);
  }
  /** The dialog our response to a request makes (§12.1.1). Throws SIP_NO_DIALOG, and SIP_MISSING_HEADER without Contact. */
  static uas(request, response2) {
    requireDialogForming(response2);
    const remoteTarget = contactOf(request);
    if (remoteTarget === void 0) throw sipError("SIP_MISSING_HEADER", { header: "Contact", detail: "Contact" });
    return new _Dialog({
      callId: request.callId ?? "",
      localTag: response2.toTag ?? "",
      remoteTag: request.fromTag ?? "",
      localUri: request.to?.uriText ?? "",
      remoteUri: request.from?.uriText ?? "",
      localSeq: void 0,
      remoteSeq: request.cseq?.number,
      routeSet: request.recordRoutes.map((route) => route.uriText),
      remoteTarget,
      secure: isSips(request.uri),
      isUac: false
    }, response2.status);
  }
  get state() {
    return this.#state;
  }
  /** A request within the dialog (§12.2.1.1), with the next CSeq number. Throws SIP_DIALOG_ENDED. */
  request(method2, options2 = {}) {
    return this.#build(method2, this.nextSeq(), options2);
  }
  /** The ACK to a 2xx (§13.2.2.4): the CSeq number and the credentials of the INVITE. */
  ack(invite2, options2 = {}) {
    const ack = this.#build("ACK", invite2.cseq?.number ?? 0, options2);
    for (const name of ["Authorization", "Proxy-Authorization"]) ack.headers.addFrom(invite2.headers, name);
    return ack;
  }
  /** The CSeq number for our next request. Throws SIP_DIALOG_ENDED. */
  nextSeq() {
    if (this.#state === "terminated") throw sipError("SIP_DIALOG_ENDED");
    this.localSeq = (this.localSeq ?? 0) + 1;
    return this.localSeq;
  }
  /**
   * A request of the peer within the dialog (§12.2.2). Throws SIP_CSEQ_OUT_OF_ORDER (500) if its CSeq number is lower than
   * one before. Call `refresh` when it is answered 2xx: what is rejected changes nothing.
   */
  receive(request) {
    if (request.method === "ACK" || request.method === "CANCEL") return;
    const number3 = request.cseq?.number ?? 0;
    if (this.remoteSeq !== void 0 && number3 < this.remoteSeq) {
      throw sipError("SIP_CSEQ_OUT_OF_ORDER", { header: "CSeq", detail: `${number3} after ${this.remoteSeq}` });
    }
    this.remoteSeq = number3;
  }
  /** Takes the new remote target from an accepted INVITE, UPDATE or the like, or from the 2xx to one (§12.2.1.2, §12.2.2). */
  refresh(message) {
    this.#receive("refresh", message);
  }
  /** A later response to the request that made the dialog, received (§13.2.2.4) or given. */
  update(response2) {
    const input = response2.status < 200 ? "1xx" : response2.status < 300 ? "2xx" : "300-699";
    this.#receive(input, this.isUac ? response2 : void 0);
  }
  /** A BYE was sent or received. */
  bye() {
    this.#receive("BYE", void 0);
  }
  /** The peer does not know the dialog or does not answer, or the early dialog has come to nothing. */
  gone() {
    this.#receive("gone", void 0);
  }
  #receive(input, message) {
    const row = dialogTable.states[this.#state]?.[input];
    if (row === void 0) return;
    this.#state = row.next;
    if (message === void 0) return;
    for (const action of row.actions) {
      if (action === "refresh target") this.remoteTarget = copied(contactOf(message) ?? this.remoteTarget);
      else if (action === "recompute route set") this.routeSet = routesFromResponse(message).map(copied);
    }
  }
  #build(method2, cseq, options2) {
    const { uri: uri2, routes } = this.#route();
    return buildRequest({
      ...options2,
      method: method2,
      uri: uri2,
      routes,
      cseq,
      callId: this.callId,
      from: `<${this.localUri}>${this.localTag === "" ? "" : `;tag=${this.localTag}`}`,
      to: `<${this.remoteUri}>${this.remoteTag === "" ? "" : `;tag=${this.remoteTag}`}`
    });
  }
  /** Request-URI and Route for loose and strict routers (§12.2.1.1). */
  #route() {
    const [first2, ...others] = this.routeSet;
    if (first2 === void 0 || isLooseRouter(first2)) return { uri: this.remoteTarget, routes: this.routeSet.map((uri2) => `<${uri2}>`) };
    return { uri: asRequestUri(first2), routes: [...others, this.remoteTarget].map((uri2) => `<${uri2}>`) };
  }
};
function requireDialogForming(response2) {
  if (response2.status <= 100 || response2.status >= 300) throw sipError("SIP_NO_DIALOG", { detail: `${response2.status} makes no dialog` });
  if (response2.status < 200 && response2.toTag === void 0) {
    throw sipError("SIP_NO_DIALOG", { detail: "a provisional response without To tag" });
  }
}
function routesFromResponse(response2) {
  return response2.recordRoutes.map((route) => route.uriText).reverse();
}
function contactOf(message) {
  return message.contacts[0]?.uriText;
}
function isSips(uri2) {
  return uri2.slice(0, 5).toLowerCase() === "sips:";
}
function isLooseRouter(uri2) {
  const parsed = parseUri(uri2);
  return isSipUri(parsed) && parsed.params.has("lr");
}
function asRequestUri(uri2) {
  const parsed = parseUri(uri2);
  return isSipUri(parsed) ? formatUri({ ...parsed, params: parsed.params.without("method"), headers: [] }) : uri2;
}
function copied(text) {
  return utf8Text(utf8(text));
}

// packages/sip/src/acknowledgement.ts
var Acknowledgement = class {
  #core;
  #request;
  #branch;
  #target;
  /** `invite` as it was sent, since the ACK repeats its CSeq number and credentials. */
  constructor(core, dialog2, invite2, options2) {
    this.#core = core;
    this.#request = dialog2.ack(invite2, options2);
    this.#branch = core.endpoint.newBranch();
  }
  /** Sends it, again too. What goes wrong is left to the peer, which repeats its 2xx and gives up at last. */
  async send() {
    this.#target ??= this.#core.destination(this.#request, true);
    try {
      const flow = this.#core.endpoint.flowTo(await this.#target);
      const ack = this.#request.clone();
      ack.headers.prepend("Via", viaFor(flow, this.#branch));
      this.#core.endpoint.send(ack, flow);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#target = void 0;
      this.#core.endpoint.report(error);
    }
  }
};

// packages/sip/src/ua-request.ts
var TARGET_REFRESH = /* @__PURE__ */ new Set(["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"]);
var UaRequest = class {
  request;
  flow;
  /** The dialog it came in. */
  dialog;
  /** The To tag of every response of ours (§8.2.6.2). */
  toTag;
  core;
  incoming;
  constructor(core, incoming, dialog2) {
    this.core = core;
    this.incoming = incoming;
    this.request = incoming.request;
    this.flow = incoming.flow;
    this.dialog = dialog2;
    this.toTag = incoming.request.toTag ?? core.endpoint.newTag();
  }
  /** True once a final response was given. */
  get answered() {
    return this.incoming.answered;
  }
  /** Answers. Throws SIP_ALREADY_ANSWERED, SIP_UNSAFE_FIELD. */
  respond(status2, options2 = {}) {
    if (this.answered) throw sipError("SIP_ALREADY_ANSWERED");
    this.incoming.respond(this.makeResponse(status2, options2));
    if (status2 >= 200 && status2 < 300 && TARGET_REFRESH.has(this.request.method)) this.dialog?.dialog.refresh(this.request);
  }
  makeResponse(status2, options2) {
    const response2 = respondTo(this.request, status2, { ...options2, headers: this.core.responseHeaders(options2), toTag: this.toTag });
    const namesUs = status2 > 100 && status2 < 300 && TARGET_REFRESH.has(this.request.method);
    if (namesUs && !response2.headers.has("Contact")) response2.headers.add("Contact", this.core.contact(this.flow));
    return response2;
  }
};

// packages/digest/src/errors.ts
var digestErrors = {
  DIGEST_BAD_CHALLENGE: { meaning: "The challenge is malformed", fault: "remote", section: "RFC 7616 \xA73.3" },
  DIGEST_BAD_CREDENTIALS: { meaning: "The credentials are malformed", fault: "remote", status: 400, section: "RFC 7616 \xA73.4" },
  DIGEST_TOO_LONG: {
    meaning: "A challenge or credentials are longer than the limit",
    fault: "remote",
    status: 400,
    section: "RFC 7616 \xA75"
  },
  DIGEST_TOO_MANY_CHALLENGES: { meaning: "There are more challenges than the limit", fault: "remote", section: "RFC 8760 \xA72.4" },
  DIGEST_BAD_OPTION: { meaning: "An option of the digest client or server is out of range", fault: "local" }
};
var digestError = defineErrors(digestErrors);

// packages/digest/src/hash.ts
var ALGORITHMS = ["SHA-512-256", "SHA-512-256-sess", "SHA-256", "SHA-256-sess", "MD5", "MD5-sess"];
function baseOf(algorithm) {
  return algorithm.endsWith("-sess") ? algorithm.slice(0, -5) : algorithm;
}
function hexDigest(hash, algorithm, data) {
  return hex(hash(algorithm, typeof data === "string" ? utf8(data) : data));
}
function hex(bytes) {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
function unhex(text) {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return void 0;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
function hmac(hash, algorithm, key, data) {
  const blockSize = algorithm === "SHA-512-256" ? 128 : 64;
  const block = new Uint8Array(blockSize);
  block.set(key.length > blockSize ? hash(algorithm, key) : key);
  const inner = hash(algorithm, concatBytes([block.map((octet) => octet ^ 54), data]));
  return hash(algorithm, concatBytes([block.map((octet) => octet ^ 92), inner]));
}
function equalInConstantTime(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

// packages/digest/src/auth-params.ts
var schemeAndFirst = /^([^\s"=,]+)(?:[ \t]+(.*))?$/s;
var parameter = /^([^\s"=]+)[ \t]*=[ \t]*(.*)$/s;
function readAuthValues(field) {
  const values = [];
  for (const element of splitList(textToByteString(field))) {
    let assignment = element;
    if (!parameter.test(element) || startsWithScheme(element)) {
      const found = schemeAndFirst.exec(element);
      if (found === null || !isToken(found[1])) return void 0;
      values.push({ scheme: found[1].toLowerCase(), params: /* @__PURE__ */ new Map() });
      if (found[2] === void 0 || found[2] === "") continue;
      assignment = found[2];
    }
    const current = values.at(-1);
    if (current === void 0 || !addParameter(current.params, current.scheme, assignment)) return void 0;
  }
  return values;
}
function startsWithScheme(element) {
  return /^[^\s"=,]+[ \t]+[^\s=]/.test(element);
}
function addParameter(params, scheme2, text) {
  const found = parameter.exec(text);
  if (found === null) return scheme2 !== "digest";
  const name = found[1].toLowerCase();
  const value = trimBlanks(found[2]);
  if (params.has(name) || !isToken(name)) return scheme2 !== "digest";
  if (isQuotedString(value)) params.set(name, byteStringToText(unquote(value)));
  else if (isPlain(value)) params.set(name, value);
  else return scheme2 !== "digest";
  return true;
}
function isPlain(value) {
  return /^[!#-+\--~]+$/.test(value) && !value.includes("\\");
}
function quoted(text) {
  return byteStringToText(quote(textToByteString(text)));
}

// packages/digest/src/challenge.ts
var FIELD_MAX = 8192;
var CHALLENGES_MAX = 16;
function parseChallenges(fields2) {
  const values = asList(fields2).flatMap((field) => {
    checkLength(field);
    const read3 = readAuthValues(field);
    if (read3 === void 0) throw digestError("DIGEST_BAD_CHALLENGE");
    return read3;
  }).filter((value) => value.scheme === "digest");
  if (values.length > CHALLENGES_MAX) throw digestError("DIGEST_TOO_MANY_CHALLENGES", { detail: `more than ${CHALLENGES_MAX}` });
  return values.flatMap(({ params }) => challengeOf(params) ?? []);
}
function challengeOf(params) {
  const algorithm = algorithmOf(params.get("algorithm"));
  if (algorithm === void 0) return void 0;
  const realm = params.get("realm");
  const nonce = params.get("nonce");
  if (realm === void 0 || nonce === void 0) throw digestError("DIGEST_BAD_CHALLENGE", { detail: "realm or nonce is missing" });
  const qop = params.get("qop")?.toLowerCase().split(",").map((word2) => word2.trim()).filter(isQop);
  if (qop?.length === 0 && params.get("qop") !== "") return void 0;
  return {
    realm,
    nonce,
    algorithm,
    qop: qop?.length === 0 ? void 0 : qop,
    opaque: params.get("opaque"),
    domain: params.get("domain"),
    stale: isTrue(params.get("stale")),
    userhash: isTrue(params.get("userhash"))
  };
}
function formatChallenge(challenge) {
  const { realm, nonce, algorithm, qop, opaque, domain, stale, userhash } = challenge;
  let text = `Digest realm=${quoted(realm)}, nonce=${quoted(nonce)}, algorithm=${algorithm}`;
  if (qop !== void 0) text += `, qop="${qop.join(",")}"`;
  if (opaque !== void 0) text += `, opaque=${quoted(opaque)}`;
  if (domain !== void 0) text += `, domain=${quoted(domain)}`;
  if (stale === true) text += ", stale=true";
  if (userhash === true) text += ", userhash=true";
  return text;
}
function parseCredentials(fields2) {
  return asList(fields2).flatMap((field) => {
    checkLength(field);
    const values = readAuthValues(field);
    if (values === void 0) throw digestError("DIGEST_BAD_CREDENTIALS");
    return values.filter((value) => value.scheme === "digest").flatMap(({ params }) => credentialsOf(params) ?? []);
  });
}
function credentialsOf(params) {
  const algorithm = algorithmOf(params.get("algorithm"));
  if (algorithm === void 0) return void 0;
  const qop = params.get("qop")?.toLowerCase();
  if (qop !== void 0 && !isQop(qop)) throw badCredentials("qop");
  const nc = params.get("nc")?.toLowerCase();
  if (nc !== void 0 && !/^[0-9a-f]{8}$/.test(nc)) throw badCredentials("nc is not eight hexadecimal digits");
  const cnonce = params.get("cnonce");
  if (qop !== void 0 && (nc === void 0 || cnonce === void 0)) throw badCredentials("qop without nc and cnonce");
  if (algorithm.endsWith("-sess") && cnonce === void 0) throw badCredentials("a session without cnonce");
  return {
    username: usernameOf(params),
    realm: required(params, "realm"),
    nonce: required(params, "nonce"),
    uri: required(params, "uri"),
    response: required(params, "response").toLowerCase(),
    algorithm,
    opaque: params.get("opaque"),
    qop,
    nc,
    cnonce,
    userhash: isTrue(params.get("userhash"))
  };
}
function badCredentials(detail, cause) {
  return digestError("DIGEST_BAD_CREDENTIALS", { detail, cause });
}
function required(params, name) {
  const value = params.get(name);
  if (value === void 0) throw badCredentials(`${name} is missing`);
  return value;
}
function usernameOf(params) {
  const extended = params.get("username*");
  if (extended === void 0) return required(params, "username");
  const encoded2 = /^utf-8'[^']*'(.*)$/i.exec(extended)?.[1];
  if (encoded2 === void 0 || params.has("username")) throw badCredentials("username*");
  try {
    return decodeURIComponent(encoded2);
  } catch (cause) {
    throw badCredentials("username*", cause);
  }
}
function formatCredentials(credentials2) {
  const { username, realm, nonce, uri: uri2, response: response2, algorithm, opaque, qop, nc, cnonce, userhash } = credentials2;
  let text = `Digest username=${quoted(username)}, realm=${quoted(realm)}, nonce=${quoted(nonce)}, uri=${quoted(uri2)}, response="${response2}", algorithm=${algorithm}`;
  if (cnonce !== void 0) text += `, cnonce=${quoted(cnonce)}`;
  if (opaque !== void 0) text += `, opaque=${quoted(opaque)}`;
  if (qop !== void 0) text += `, qop=${qop}`;
  if (nc !== void 0) text += `, nc=${nc}`;
  if (userhash === true) text += ", userhash=true";
  return text;
}
function asList(fields2) {
  return typeof fields2 === "string" ? [fields2] : fields2;
}
function checkLength(field) {
  if (field.length > FIELD_MAX) throw digestError("DIGEST_TOO_LONG", { detail: `more than ${FIELD_MAX} characters` });
}
function algorithmOf(name = "MD5") {
  return ALGORITHMS.find((known2) => known2.toLowerCase() === name.toLowerCase());
}
function isQop(word2) {
  return word2 === "auth" || word2 === "auth-int";
}
function isTrue(flag) {
  return flag?.toLowerCase() === "true";
}

// packages/digest/src/response.ts
function ha1Of(hash, algorithm, username, realm, password2) {
  return hexDigest(hash, algorithm, `${username}:${realm}:${password2}`);
}
function digestResponse(hash, secret, input) {
  const algorithm = baseOf(input.algorithm);
  const stored = "password" in secret ? ha1Of(hash, algorithm, input.username, input.realm, secret.password) : secret.ha1[algorithm]?.toLowerCase();
  if (stored === void 0) return void 0;
  const { nonce, nc = "", cnonce = "", qop, method: method2, uri: uri2 } = input;
  const ha1 = input.algorithm.endsWith("-sess") ? hexDigest(hash, algorithm, `${stored}:${nonce}:${cnonce}`) : stored;
  const integrity = qop === "auth-int" ? `:${hexDigest(hash, algorithm, input.body ?? new Uint8Array(0))}` : "";
  const ha2 = hexDigest(hash, algorithm, `${method2}:${uri2}${integrity}`);
  return hexDigest(hash, algorithm, qop === void 0 ? `${ha1}:${nonce}:${ha2}` : `${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`);
}

// packages/digest/src/client.ts
var REALMS_MAX = 64;
var DigestClient = class {
  #options;
  #sessions = /* @__PURE__ */ new Map();
  constructor(options2) {
    this.#options = options2;
  }
  /**
   * Credentials to send the request again with, one field for each realm; empty when there is no point in it: no algorithm is
   * known, or the credentials just sent were refused for the user's secret, which only the user can mend (RFC 3261 §22.2).
   * @param fields all WWW-Authenticate, or all Proxy-Authenticate fields of the response
   * @param sent the credentials fields the refused request had under the corresponding name
   * @throws DIGEST_BAD_CHALLENGE, DIGEST_TOO_LONG, DIGEST_TOO_MANY_CHALLENGES
   */
  answer(fields2, request, sent2 = []) {
    const refused = parseCredentials(sent2);
    const challenges = this.#strongestByRealm(parseChallenges(fields2));
    const sentTo = new Map(refused.map((credentials2) => [credentials2.realm, credentials2]));
    const fresh = challenges.filter((challenge) => isWorthwhile(challenge, sentTo.get(challenge.realm)));
    if (fresh.length === 0 || fresh.length < challenges.length) return [];
    for (const challenge of fresh) this.#open(challenge);
    const kept = refused.filter(({ realm }) => !challenges.some((challenge) => challenge.realm === realm));
    return [...kept, ...fresh].flatMap(({ realm }) => this.authorize(realm, request) ?? []);
  }
  /** Credentials for another request to a realm that has challenged before, without waiting for a challenge. */
  authorize(realm, request) {
    const session = this.#sessions.get(realm);
    return session === void 0 ? void 0 : this.#write(session, request);
  }
  /** The realms {@link authorize} has a nonce for. */
  get realms() {
    return [...this.#sessions.keys()];
  }
  #strongestByRealm(challenges) {
    const best = /* @__PURE__ */ new Map();
    for (const challenge of challenges) {
      if (!this.#canAnswer(challenge)) continue;
      const rival = best.get(challenge.realm);
      if (rival === void 0 || strength(challenge) > strength(rival)) best.set(challenge.realm, challenge);
    }
    return [...best.values()];
  }
  #canAnswer({ realm, algorithm, qop }) {
    const { secret } = this.#options;
    if (this.#options.realm !== void 0 && this.#options.realm !== realm) return false;
    if (algorithm.endsWith("-sess") && qop === void 0) return false;
    return "password" in secret || secret.ha1[baseOf(algorithm)] !== void 0;
  }
  #open(challenge) {
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size >= REALMS_MAX && oldest.done !== true) this.#sessions.delete(oldest.value);
    this.#sessions.delete(challenge.realm);
    this.#sessions.set(challenge.realm, { challenge, cnonce: hex(this.#options.random.bytes(16)), count: 0 });
  }
  #write(session, request) {
    const { hash, username, secret } = this.#options;
    const { realm, nonce, algorithm, opaque, userhash } = session.challenge;
    const qop = this.#qopFor(session.challenge);
    session.count++;
    const counted = qop === void 0 ? {} : { qop, nc: session.count.toString(16).padStart(8, "0"), cnonce: session.cnonce };
    const response2 = digestResponse(hash, secret, { ...request, ...counted, algorithm, username, realm, nonce });
    if (response2 === void 0) return void 0;
    const name = userhash === true ? hexDigest(hash, baseOf(algorithm), `${username}:${realm}`) : username;
    return formatCredentials({ username: name, realm, nonce, uri: request.uri, response: response2, algorithm, opaque, ...counted, userhash });
  }
  #qopFor({ qop }) {
    if (qop === void 0) return void 0;
    const wanted = this.#options.integrity === true ? "auth-int" : "auth";
    return qop.includes(wanted) ? wanted : qop[0];
  }
};
function strength({ algorithm }) {
  return -ALGORITHMS.indexOf(algorithm);
}
function isWorthwhile(challenge, refused) {
  if (refused === void 0) return true;
  if (challenge.nonce === refused.nonce) return false;
  return challenge.stale === true || refused.nc !== void 0 && refused.nc !== "00000001";
}

// packages/digest/src/nonce-counts.ts
var WINDOW = 32;
var NonceCounts = class {
  #max;
  #nonces = /* @__PURE__ */ new Map();
  #floor = -Infinity;
  constructor(max) {
    this.#max = max;
  }
  /** Notes a count; false when it was seen before, or can no longer be told. */
  take(nonce, time, count) {
    const seen = this.#nonces.get(nonce);
    if (seen !== void 0) return advance(seen, count);
    if (time <= this.#floor) return false;
    if (this.#nonces.size >= this.#max) this.#dropFirst();
    this.#nonces.set(nonce, { time, highest: count, window: 1 });
    return true;
  }
  /** Forgets nonces made before a time; they are refused by their age. */
  forgetBefore(time) {
    for (const [nonce, seen] of this.#nonces) {
      if (seen.time >= time) break;
      this.#nonces.delete(nonce);
    }
  }
  get size() {
    return this.#nonces.size;
  }
  #dropFirst() {
    for (const [nonce, seen] of this.#nonces) {
      this.#floor = Math.max(this.#floor, seen.time);
      this.#nonces.delete(nonce);
      return;
    }
  }
};
function advance(seen, count) {
  const ahead = count - seen.highest;
  if (ahead > 0) {
    seen.window = ahead >= WINDOW ? 1 : seen.window << ahead | 1;
    seen.highest = count;
    return true;
  }
  const bit = 1 << -ahead;
  if (-ahead >= WINDOW || (seen.window & bit) !== 0) return false;
  seen.window |= bit;
  return true;
}

// packages/digest/src/nonce.ts
var TIME = 6;
var SALT = 8;
var SEAL = 16;
var NonceMaker = class {
  #hash;
  #key;
  #realm;
  constructor(hash, key, realm) {
    this.#hash = hash;
    this.#key = key.slice();
    this.#realm = utf8(realm);
  }
  /** @param now milliseconds since 1970 @param salt eight random octets, so that no two nonces are equal */
  make(now, salt) {
    const body = new Uint8Array(TIME + SALT);
    const view = new DataView(body.buffer);
    view.setUint16(0, Math.floor(now / 2 ** 32));
    view.setUint32(2, now % 2 ** 32);
    body.set(salt.subarray(0, SALT), TIME);
    return hex(concatBytes([body, this.#seal(body)]));
  }
  /** When the nonce was made, in milliseconds since 1970; `undefined` for one we never made. */
  timeOf(nonce) {
    const bytes = nonce.length === 2 * (TIME + SALT + SEAL) ? unhex(nonce) : void 0;
    if (bytes === void 0) return void 0;
    const body = bytes.subarray(0, TIME + SALT);
    if (!equalInConstantTime(hex(this.#seal(body)), hex(bytes.subarray(TIME + SALT)))) return void 0;
    const view = new DataView(bytes.buffer);
    return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
  }
  #seal(body) {
    return hmac(this.#hash, "SHA-256", this.#key, concatBytes([body, this.#realm])).subarray(0, SEAL);
  }
};

// packages/digest/src/server.ts
var KEY_MIN = 16;
var DigestServer = class {
  realm;
  #hash;
  #random;
  #algorithms;
  #qop;
  #nonceMs;
  #nonces;
  #counts;
  /** @throws DIGEST_BAD_OPTION */
  constructor(options2) {
    const { algorithms = ["SHA-256", "MD5"], qop = ["auth"], nonceSeconds = 300, maxNonces = 1e5 } = options2;
    if (options2.key.length < KEY_MIN) throw digestError("DIGEST_BAD_OPTION", { detail: `key of less than ${KEY_MIN} octets` });
    if (algorithms.length === 0 || qop.length === 0) throw digestError("DIGEST_BAD_OPTION", { detail: "no algorithm or no qop" });
    if (!(nonceSeconds > 0) || !(maxNonces > 0)) throw digestError("DIGEST_BAD_OPTION", { detail: "nonceSeconds or maxNonces" });
    this.realm = options2.realm;
    this.#hash = options2.hash;
    this.#random = options2.random;
    this.#algorithms = ALGORITHMS.filter((known2) => algorithms.includes(known2));
    this.#qop = qop;
    this.#nonceMs = nonceSeconds * 1e3;
    this.#nonces = new NonceMaker(options2.hash, options2.key, options2.realm);
    this.#counts = new NonceCounts(maxNonces);
  }
  /**
   * Values for WWW-Authenticate or Proxy-Authenticate fields, one field each, strongest algorithm first (RFC 8760 §2.3).
   * @param now milliseconds since 1970
   * @param stale say true when the verdict was `stale`, so that the client does not ask its user (RFC 7616 §3.3)
   */
  challenges(now, stale = false) {
    const nonce = this.#nonces.make(now, this.#random.bytes(8));
    return this.#algorithms.map((algorithm) => formatChallenge({ realm: this.realm, nonce, algorithm, qop: this.#qop, stale }));
  }
  /**
   * The credentials for this realm among the Authorization or Proxy-Authorization fields of a request; look up the secret of
   * their `username` and go on with {@link verify}. `undefined`: challenge.
   * @throws DIGEST_BAD_CREDENTIALS, DIGEST_TOO_LONG
   */
  credentials(fields2) {
    return parseCredentials(fields2).find(({ realm }) => realm === this.realm);
  }
  /**
   * @param secret of the user, `undefined` for one who does not exist, which takes as long and ends as `wrong`
   * @param now milliseconds since 1970
   */
  verify(credentials2, secret, request, now) {
    if (!this.#isRight(credentials2, secret, request)) return { ok: false, reason: "wrong" };
    if (!request.matchesUri(credentials2.uri)) return { ok: false, reason: "uri" };
    if (!this.#isFresh(credentials2, now)) return { ok: false, reason: "stale" };
    return { ok: true, username: credentials2.username, credentials: credentials2 };
  }
  #isRight(credentials2, secret, request) {
    const { algorithm, qop } = credentials2;
    const offered = credentials2.realm === this.realm && this.#algorithms.includes(algorithm) && (qop === void 0 || this.#qop.includes(qop));
    const methods = request.alternativeMethod === void 0 ? [request.method] : [request.method, request.alternativeMethod];
    let matches = false;
    for (const method2 of methods) {
      const expected = digestResponse(this.#hash, secret ?? NOBODY, { ...credentials2, method: method2, body: request.body });
      if (expected !== void 0 && equalInConstantTime(expected, credentials2.response)) matches = true;
    }
    return matches && offered && secret !== void 0;
  }
  #isFresh({ nonce, nc }, now) {
    const time = this.#nonces.timeOf(nonce);
    if (time === void 0 || time > now || now - time > this.#nonceMs) return false;
    this.#counts.forgetBefore(now - this.#nonceMs);
    return this.#counts.take(nonce, time, nc === void 0 ? 0 : parseInt(nc, 16));
  }
};
var NOBODY = { password: "nobody" };

// packages/sip/src/authenticator.ts
var challengesOf = { Authorization: "WWW-Authenticate", "Proxy-Authorization": "Proxy-Authenticate" };
var fields = ["Authorization", "Proxy-Authorization"];
var MAX_PLACES = 64;
var Authenticator = class {
  #client;
  /** By next hop: which realms asked, and in which field the answer goes. */
  #realms = /* @__PURE__ */ new Map();
  constructor(credentials2, hash, random) {
    const { username, password: password2, realm } = credentials2;
    this.#client = new DigestClient({ hash, random, username, secret: { password: password2 }, realm });
  }
  /** Adds what the servers behind `nextHop` asked for before, so that they need not ask again. */
  authorize(request, nextHop) {
    for (const [realm, field] of this.#realms.get(nextHop) ?? []) this.#add(request, field, realm);
  }
  /**
   * Puts credentials for the challenges of a 401 or 407 into `retry`, a copy of the refused request without any. False
   * when there is no use in a retry: no challenge we can answer, or the secret was wrong. Throws nothing for a malformed
   * challenge, which is one that cannot be answered.
   */
  answer(response2, refused, retry, nextHop) {
    const field = response2.status === 407 ? "Proxy-Authorization" : "Authorization";
    let answers;
    try {
      answers = this.#client.answer(response2.headers.all(challengesOf[field]), asked(retry), refused.headers.all(field));
    } catch (error) {
      if (ProtocolError.is(error)) return false;
      throw error;
    }
    if (answers.length === 0) return false;
    for (const answer of answers) {
      retry.headers.add(field, answer);
      this.#remember(nextHop, realmOf(answer), field);
    }
    const other = fields.find((one) => one !== field);
    for (const sent2 of refused.headers.all(other)) this.#add(retry, other, realmOf(sent2));
    return true;
  }
  #add(request, field, realm) {
    const credentials2 = this.#client.authorize(realm, asked(request));
    if (credentials2 !== void 0) request.headers.add(field, credentials2);
  }
  #remember(nextHop, realm, field) {
    const known2 = this.#realms.get(nextHop) ?? /* @__PURE__ */ new Map();
    known2.set(realm, field);
    this.#realms.delete(nextHop);
    this.#realms.set(nextHop, known2);
    const oldest = this.#realms.keys().next();
    if (this.#realms.size > MAX_PLACES && oldest.done !== true) this.#realms.delete(oldest.value);
  }
};
function asked(request) {
  return { method: request.method, uri: request.uri, body: request.body };
}
function realmOf(credentials2) {
  return parseCredentials(credentials2)[0]?.realm ?? "";
}

// packages/sip/src/ua-core.ts
var WITH_CONTACT = /* @__PURE__ */ new Set(["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"]);
var UaCore = class {
  endpoint;
  options;
  authenticator;
  dialogs = /* @__PURE__ */ new Map();
  /** Methods we have handlers for, for Allow. */
  methods = /* @__PURE__ */ new Set(["ACK", "CANCEL", "BYE", "OPTIONS"]);
  /** Route URIs for requests outside of dialogs (RFC 3608). */
  serviceRoute = [];
  constructor(options2) {
    this.endpoint = options2.endpoint;
    this.options = options2;
    const { credentials: credentials2, hash, endpoint } = options2;
    this.authenticator = credentials2 === void 0 ? void 0 : new Authenticator(credentials2, hash, endpoint.random);
  }
  get allow() {
    return [...this.methods].join(", ");
  }
  /** Our From, without tag. */
  get from() {
    return { displayName: this.options.displayName, uri: this.options.aor };
  }
  /** Where a request goes (§8.1.2): the first Route, the outbound proxy for what is outside of dialogs, the Request-URI. */
  async destination(request, inDialog) {
    const route = request.routes[0]?.uriText;
    if (route !== void 0 && isLooseRouter(route)) return this.endpoint.resolve(route);
    const proxy = this.options.outboundProxy;
    if (inDialog || proxy === void 0) return this.endpoint.resolve(request.uri);
    return typeof proxy === "string" ? this.endpoint.resolve(proxy) : proxy;
  }
  /** The outbound proxy as a route, if it is a loose router. */
  proxyRoute() {
    const proxy = this.options.outboundProxy;
    return typeof proxy === "string" && isLooseRouter(proxy) ? [proxy] : [];
  }
  /** Routes for a request outside of dialogs: the outbound proxy, then the service route (RFC 3608 §5). */
  initialRoutes() {
    const first2 = this.proxyRoute();
    return [...first2, ...this.serviceRoute.filter((uri2) => !first2.includes(uri2))];
  }
  /** Runs a handler; if it throws or rejects, the request is answered 500, or with the status of the error. */
  run(handler, incoming) {
    Promise.resolve().then(() => handler(incoming)).catch((error) => {
      this.endpoint.report(error);
      if (!incoming.answered) incoming.respond(ProtocolError.is(error) ? error.status ?? 500 : 500);
    });
  }
  /** Fills in what every request of ours carries and the caller did not give. */
  complete(request, to2) {
    const { headers: headers2, method: method2 } = request;
    const { userAgent, supported = [] } = this.options;
    if (WITH_CONTACT.has(method2) && !headers2.has("Contact")) headers2.add("Contact", this.contact(this.endpoint.flowTo(to2)));
    if (method2 === "INVITE" && !headers2.has("Allow")) headers2.add("Allow", this.allow);
    if (supported.length > 0 && method2 !== "ACK" && !headers2.has("Supported")) headers2.add("Supported", supported.join(", "));
    if (userAgent !== void 0 && !headers2.has("User-Agent")) headers2.add("User-Agent", userAgent);
  }
  /** Our Contact on a flow, as a name-addr. */
  contact(flow) {
    return formatNameAddr({ uri: this.options.contact ?? this.#contactUri(flow) });
  }
  /** What a response of ours carries, in front of what the caller gives. */
  responseHeaders(options2) {
    const given = [...options2.headers ?? []].map(([name, value]) => [name, value]);
    const { userAgent } = this.options;
    return userAgent === void 0 ? given : [["Server", userAgent], ...given];
  }
  #contactUri(flow) {
    const aor = parseUri(this.options.aor);
    const user3 = isSipUri(aor) && aor.user !== void 0 ? `${aor.user}@` : "";
    const transport2 = flow.transport === "UDP" ? "" : `;transport=${flow.transport.toLowerCase()}`;
    return `sip:${user3}${flow.sentBy}${transport2}`;
  }
};
function isMisrouted(response2) {
  return response2.vias.length > 1;
}

// packages/sip/src/uac-request.ts
var MAX_ATTEMPTS = 6;
var UacRequest = class {
  #core;
  #parts;
  #handlers;
  #outgoing;
  #cancelled;
  #attempts = 0;
  constructor(core, parts, handlers) {
    this.#core = core;
    this.#parts = parts;
    this.#handlers = handlers;
  }
  /** Sends it. What goes wrong before it is sent comes through `failed` too. */
  async start() {
    const { request, inDialog } = this.#parts;
    try {
      const target = await this.#core.destination(request, inDialog);
      if (this.#cancelled !== void 0) throw sipError("SIP_ABORTED");
      this.#core.complete(request, target);
      const first2 = request.clone();
      this.#core.authenticator?.authorize(first2, formatAddress(target.address));
      this.#send(first2, target);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#handlers.failed(error);
    }
  }
  /** Cancels an INVITE (§9.1). One that was not sent yet fails with SIP_ABORTED. */
  cancel(reason) {
    if (this.#cancelled !== void 0) return;
    this.#cancelled = { reason };
    this.#outgoing?.cancel(reason);
  }
  #send(request, target) {
    this.#attempts += 1;
    const outgoing = this.#core.endpoint.request(request, target, {
      response: (response2) => {
        if (isMisrouted(response2)) return;
        if (response2.status < 200) this.#handlers.provisional?.(response2, request);
        else this.#final(response2, request, target);
      },
      failed: (error) => this.#handlers.failed(error),
      terminated: () => {
        if (this.#outgoing === outgoing) this.#handlers.terminated?.();
      }
    });
    this.#outgoing = outgoing;
  }
  #final(response2, sent2, target) {
    const challenged = response2.status === 401 || response2.status === 407;
    if (!challenged || this.#cancelled !== void 0 || !this.#retry(response2, sent2, target)) this.#handlers.final(response2, sent2);
  }
  /** §22.2: the same Call-ID, From and To, the next CSeq number. */
  #retry(response2, sent2, target) {
    const { authenticator } = this.#core;
    if (authenticator === void 0 || this.#attempts >= MAX_ATTEMPTS) return false;
    const retry = this.#parts.request.clone();
    if (!authenticator.answer(response2, sent2, retry, formatAddress(target.address))) return false;
    retry.headers.set("CSeq", `${this.#parts.nextCseq()} ${retry.method}`);
    try {
      this.#send(retry, target);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#handlers.failed(error);
    }
    return true;
  }
};
function finalResponse(core, parts, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(sipError("SIP_ABORTED", { cause: signal.reason }));
      return;
    }
    const abort = () => reject(sipError("SIP_ABORTED", { cause: signal?.reason }));
    signal?.addEventListener("abort", abort, { once: true });
    const done = () => signal?.removeEventListener("abort", abort);
    const request = new UacRequest(core, parts, {
      final(response2) {
        done();
        resolve(response2);
      },
      failed(error) {
        done();
        reject(error);
      }
    });
    request.start().catch(reject);
  });
}

// packages/sip/src/ua-dialog.ts
var UaDialog = class {
  dialog;
  /** Called once; `bye` is the peer's. */
  onTerminated;
  /** For re-INVITEs; without one they are answered 488. */
  inviteHandler;
  #core;
  #handlers = /* @__PURE__ */ new Map();
  /** §14: the INVITE under way in each direction. */
  #outgoingInvite = false;
  #incomingInvite;
  #afterAck = [];
  #ended = false;
  /** For the user agent, which knows the dialog from then on. */
  constructor(core, dialog2) {
    this.#core = core;
    this.dialog = dialog2;
    core.dialogs.set(dialog2.id, this);
  }
  handle(method2, handler) {
    if (method2 === "INVITE") this.inviteHandler = handler;
    else this.#handlers.set(method2, handler);
    this.#core.methods.add(method2);
  }
  /** The handler for a method, if there is one. */
  handlerOf(method2) {
    return this.#handlers.get(method2);
  }
  /**
   * Sends a request and resolves with its final response; challenges are answered. A re-INVITE is acknowledged, a 481, a
   * 408 or no answer ends the dialog. Rejects with SIP_TIMEOUT, SIP_TRANSPORT, SIP_ABORTED, SIP_DIALOG_ENDED, and SIP_GLARE
   * while another INVITE is under way (§14.1).
   */
  async request(method2, options2 = {}) {
    if (method2 === "BYE") return this.bye(options2);
    if (method2 !== "INVITE") return this.#send(method2, options2, {});
    if (this.#outgoingInvite || this.#incomingInvite !== void 0) throw sipError("SIP_GLARE");
    this.#outgoingInvite = true;
    try {
      return await this.#reinvite(options2);
    } finally {
      this.#outgoingInvite = false;
    }
  }
  /**
   * Ends the dialog with BYE; whatever the peer answers, it is over (§15.1.1). Waits for the ACK if one is to come
   * (§15). Resolves with the answer to the BYE; rejects as `request`.
   */
  async bye(options2 = {}) {
    if (this.#incomingInvite?.awaitsAck === true) await new Promise((resolve) => this.#afterAck.push(resolve));
    const request = this.dialog.request("BYE", options2);
    this.end("local");
    return this.#sendRequest(request, options2.signal, {});
  }
  /** Forgets the dialog and tells `onTerminated`. */
  end(reason, bye) {
    if (this.#ended) return;
    this.#ended = true;
    if (reason === "local" || reason === "remote") this.dialog.bye();
    else this.dialog.gone();
    this.#core.dialogs.delete(this.dialog.id);
    const invite2 = this.#incomingInvite;
    this.#incomingInvite = void 0;
    invite2?.abandon(sipError("SIP_DIALOG_ENDED"));
    this.#settle();
    this.onTerminated?.(reason, bye);
  }
  /** For the user agent: a request of the peer in this dialog that passed §8.2. */
  receive(incoming, handler) {
    const { request } = incoming;
    this.dialog.receive(request);
    if (request.method === "BYE") this.#receiveBye(incoming);
    else if (handler === void 0) incoming.respond(this.#answer(request, 405, [["Allow", this.#core.allow]]));
    else this.#core.run(handler, new UaRequest(this.#core, incoming, this));
  }
  /** For the user agent: a re-INVITE; answers it if it has to wait (§14.2). Returns whether it may go on. */
  admitsInvite(incoming) {
    const { request } = incoming;
    this.dialog.receive(request);
    if (this.#outgoingInvite) {
      incoming.respond(this.#answer(request, 491, []));
      return false;
    }
    if (this.#incomingInvite !== void 0) {
      const [octet = 0] = this.#core.endpoint.random.bytes(1);
      incoming.respond(this.#answer(request, 500, [["Retry-After", String(octet % 11)]]));
      return false;
    }
    return true;
  }
  /** For an INVITE of the peer: it is under way in this dialog. */
  inviteCame(invite2) {
    this.#incomingInvite = invite2;
  }
  /** For an INVITE of the peer in this dialog: it was refused. */
  inviteRefused(invite2) {
    if (this.#incomingInvite === invite2) this.#incomingInvite = void 0;
    this.#settle();
  }
  /** For an INVITE of the peer: its 2xx was not acknowledged, so the session ends with BYE. */
  noAck(invite2) {
    this.inviteRefused(invite2);
    if (this.#ended) return;
    const bye = this.dialog.request("BYE");
    this.end("no ack");
    this.#sendRequest(bye, void 0, {}).catch((error) => this.#core.endpoint.report(error));
  }
  /** For the user agent: an ACK in this dialog. */
  receiveAck(ack) {
    const invite2 = this.#incomingInvite;
    if (invite2 === void 0 || !invite2.awaitsAck || invite2.request.cseq?.number !== ack.cseq?.number) return;
    this.#incomingInvite = void 0;
    invite2.acknowledge(ack);
    this.#settle();
  }
  #receiveBye(incoming) {
    incoming.respond(this.#answer(incoming.request, 200, []));
    this.end("remote", incoming.request);
  }
  #answer(request, status2, headers2) {
    return respondTo(request, status2, { headers: this.#core.responseHeaders({ headers: headers2 }) });
  }
  async #reinvite(options2) {
    let acknowledgement;
    return this.#send("INVITE", options2, {
      final: (response2, sent2) => {
        if (response2.status >= 300) return;
        acknowledgement ??= new Acknowledgement(this.#core, this.dialog, sent2, options2.ack ?? {});
        void acknowledgement.send();
      }
    });
  }
  async #send(method2, options2, also) {
    return this.#sendRequest(this.dialog.request(method2, options2), options2.signal, also);
  }
  #sendRequest(request, signal, also) {
    return new Promise((resolve, reject) => {
      const exchange = new UacRequest(this.#core, { request, inDialog: true, nextCseq: () => this.dialog.nextSeq() }, {
        final: (response2, sent2) => {
          this.#followResponse(response2, sent2);
          also.final?.(response2, sent2);
          signal?.removeEventListener("abort", abort);
          resolve(response2);
        },
        failed: (error) => {
          this.#followFailure(error, request);
          signal?.removeEventListener("abort", abort);
          reject(error);
        }
      });
      const abort = () => {
        if (request.method === "INVITE") exchange.cancel();
        else reject(sipError("SIP_ABORTED", { cause: signal?.reason }));
      };
      if (signal?.aborted === true) {
        reject(sipError("SIP_ABORTED", { cause: signal.reason }));
        return;
      }
      signal?.addEventListener("abort", abort, { once: true });
      exchange.start().catch(reject);
    });
  }
  /** §12.2.1.2 */
  #followResponse(response2, sent2) {
    const refreshes = sent2.method === "INVITE" || sent2.method === "UPDATE";
    if (refreshes && response2.status >= 200 && response2.status < 300) this.dialog.refresh(response2);
    if (response2.status === 481 || response2.status === 408) this.#lost(sent2);
  }
  #followFailure(error, request) {
    if (error.code === "SIP_TIMEOUT" || error.code === "SIP_TRANSPORT") this.#lost(request);
  }
  /** §12.2.1.2: the dialog is terminated, which for an INVITE dialog means that a BYE is sent. */
  #lost(request) {
    if (this.#ended || request.method === "BYE") return;
    const bye = this.dialog.request("BYE");
    this.end("lost");
    this.#sendRequest(bye, void 0, {}).catch((error) => this.#core.endpoint.report(error));
  }
  #settle() {
    for (const resolve of this.#afterAck.splice(0)) resolve();
  }
};

// packages/sip/src/outgoing-invite.ts
var OutgoingInvite = class {
  /** Each provisional response but 100; with its early dialog if it has a To tag. */
  onProvisional;
  /**
   * Rejects with SIP_REJECTED (`responseOf` gives the response), SIP_TIMEOUT, SIP_TRANSPORT, and SIP_ABORTED after
   * `cancel`.
   */
  answered;
  #core;
  #exchange;
  #dialogs = /* @__PURE__ */ new Map();
  #acknowledgements = /* @__PURE__ */ new Map();
  #resolve = () => {
  };
  #reject = () => {
  };
  #chosen;
  #cancelled = false;
  constructor(core, request, signal) {
    this.#core = core;
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    let cseq = request.cseq?.number ?? 1;
    this.#exchange = new UacRequest(core, { request, inDialog: false, nextCseq: () => cseq += 1 }, {
      provisional: (response2, sent2) => this.#provisional(response2, sent2),
      final: (response2, sent2) => this.#final(response2, sent2),
      failed: (error) => this.#failed(error),
      terminated: () => this.#endEarlyDialogs()
    });
    const abort = () => this.cancel();
    const forget = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort, { once: true });
    this.answered.then(forget, forget);
    if (signal?.aborted === true) this.cancel();
    this.#exchange.start().catch((error) => this.#failed(error));
  }
  /** Acknowledges the 2xx that answered; `options` carry an answer if the 2xx had the offer. Repeated by itself. */
  ack(options2 = {}) {
    const chosen = this.#chosen;
    if (chosen !== void 0) this.#acknowledge(chosen.tag, chosen.dialog, chosen.sent, options2);
  }
  /**
   * Gives up: CANCEL as §9.1 says, with `reason` as Reason field. A 2xx that comes all the same is acknowledged and its
   * dialog ended with BYE.
   */
  cancel(reason) {
    if (this.#cancelled || this.#chosen !== void 0) return;
    this.#cancelled = true;
    this.#exchange.cancel(reason);
  }
  #provisional(response2, sent2) {
    if (response2.status === 100) return;
    this.onProvisional?.(response2, response2.toTag === void 0 ? void 0 : this.#dialogFor(response2, sent2));
  }
  #final(response2, sent2) {
    if (response2.status >= 300) {
      this.#rejected(response2);
      return;
    }
    const tag = response2.toTag ?? "";
    const repeated = this.#acknowledgements.get(tag);
    if (repeated !== void 0) {
      void repeated.send();
      return;
    }
    if (this.#chosen?.tag === tag) return;
    const dialog2 = this.#dialogFor(response2, sent2);
    dialog2.dialog.update(response2);
    if (this.#chosen === void 0 && !this.#cancelled) {
      this.#chosen = { dialog: dialog2, sent: sent2, tag };
      this.#resolve({ response: response2, dialog: dialog2 });
      return;
    }
    this.#acknowledge(tag, dialog2, sent2, {});
    dialog2.bye().catch((error) => this.#core.endpoint.report(error));
    this.#reject(sipError("SIP_ABORTED"));
  }
  #rejected(response2) {
    this.#endEarlyDialogs();
    const { status: status2, reason } = response2;
    const rejected = sipError("SIP_REJECTED", { status: status2, detail: `${status2} ${reason}`, cause: response2 });
    this.#reject(this.#cancelled ? sipError("SIP_ABORTED", { cause: response2 }) : rejected);
  }
  #failed(error) {
    this.#endEarlyDialogs();
    this.#reject(this.#cancelled ? sipError("SIP_ABORTED", { cause: error }) : error);
  }
  #dialogFor(response2, sent2) {
    const tag = response2.toTag ?? "";
    const known2 = this.#dialogs.get(tag);
    if (known2 !== void 0) return known2;
    const dialog2 = new UaDialog(this.#core, Dialog.uac(sent2, response2));
    this.#dialogs.set(tag, dialog2);
    return dialog2;
  }
  #acknowledge(tag, dialog2, sent2, options2) {
    if (this.#acknowledgements.has(tag)) return;
    const acknowledgement = new Acknowledgement(this.#core, dialog2.dialog, sent2, options2);
    this.#acknowledgements.set(tag, acknowledgement);
    void acknowledgement.send();
  }
  /** §13.2.2.4: what has not become a dialog when the transaction is over never will. */
  #endEarlyDialogs() {
    for (const dialog2 of this.#dialogs.values()) if (dialog2.dialog.state === "early") dialog2.end("refused");
  }
};

// packages/sip/src/accepted-invite.ts
var AcceptedInvite = class {
  #clock;
  #timers;
  #send;
  #gaveUp;
  #end;
  #interval;
  #timer;
  /** Sends at once, then after T1 and doubling times up to T2; `gaveUp` is called after 64*T1 (SIP_NO_ACK). */
  constructor(clock, timers, send, gaveUp) {
    this.#clock = clock;
    this.#timers = timers;
    this.#send = send;
    this.#gaveUp = gaveUp;
    this.#end = clock.now() + 64 * timers.T1;
    this.#interval = timers.T1;
    send();
    this.#timer = this.#next();
  }
  /** The ACK came, or the dialog is over. */
  stop() {
    this.#timer.cancel();
  }
  #next() {
    const delay = Math.min(this.#interval, this.#end - this.#clock.now());
    return this.#clock.setTimer(delay, () => this.#fired());
  }
  #fired() {
    if (this.#clock.now() >= this.#end) {
      this.#gaveUp(sipError("SIP_NO_ACK"));
      return;
    }
    this.#send();
    this.#interval = Math.min(2 * this.#interval, this.#timers.T2);
    this.#timer = this.#next();
  }
};

// packages/sip/src/ua-invite.ts
var EXTENSION = 6e4;
var UaInvite = class extends UaRequest {
  /** The caller gave up, or the Expires time ran out; 487 was sent. */
  onCancelled;
  #established;
  #accepted;
  #acknowledged;
  #abandoned;
  #expiry;
  #extension;
  constructor(core, incoming, dialog2) {
    super(core, incoming, dialog2);
    this.#established = dialog2;
    incoming.onCancelled = () => this.#cancelled();
    const expires = this.request.expires;
    if (expires !== void 0 && expires < 86400) {
      this.#expiry = core.endpoint.clock.setTimer(expires * 1e3, () => this.#cancelled());
    }
  }
  /** The dialog: early from the first provisional response above 100 on, confirmed from `accept` on. */
  get established() {
    return this.#established;
  }
  /** The ACK is still to come. */
  get awaitsAck() {
    return this.#accepted !== void 0;
  }
  /** A provisional response, or a refusal; a 2xx is `accept` without waiting. Throws SIP_ALREADY_ANSWERED. */
  respond(status2, options2 = {}) {
    if (this.answered) throw sipError("SIP_ALREADY_ANSWERED");
    if (status2 >= 200 && status2 < 300) {
      this.#accept(status2, options2).catch(() => void 0);
      return;
    }
    const response2 = this.makeResponse(status2, options2);
    if (status2 > 100 && status2 < 200) {
      this.#establish(response2);
      this.#repeat(response2);
    }
    this.incoming.respond(response2);
    if (status2 >= 300) this.#refused();
  }
  /**
   * Answers 200 and sends it until the ACK comes; resolves with the dialog then. Without an ACK the dialog is ended with
   * BYE and the promise rejects with SIP_NO_ACK (§13.3.1.4). Rejects with SIP_ALREADY_ANSWERED after a CANCEL, and with
   * SIP_DIALOG_ENDED when the peer ends the dialog before its ACK has come.
   */
  async accept(options2 = {}) {
    if (this.answered) throw sipError("SIP_ALREADY_ANSWERED");
    return this.#accept(200, options2);
  }
  /** For the user agent: an ACK with the CSeq number of this INVITE came. */
  acknowledge(ack) {
    this.#accepted?.stop();
    this.#accepted = void 0;
    this.#acknowledged?.(ack);
  }
  /** For the dialog: it is over. */
  abandon(error) {
    this.#stopTimers();
    this.#accepted?.stop();
    this.#accepted = void 0;
    this.#abandoned?.(error);
    if (!this.answered) this.incoming.respond(this.makeResponse(487, {}));
  }
  #accept(status2, options2) {
    this.#stopTimers();
    const response2 = this.makeResponse(status2, options2);
    if (!response2.headers.has("Allow")) response2.headers.add("Allow", this.core.allow);
    const { supported = [] } = this.core.options;
    if (supported.length > 0 && !response2.headers.has("Supported")) response2.headers.add("Supported", supported.join(", "));
    const dialog2 = this.#establish(response2);
    if (this.dialog === void 0) dialog2.dialog.update(response2);
    else dialog2.dialog.refresh(this.request);
    return new Promise((resolve, reject) => {
      this.#acknowledged = () => resolve(dialog2);
      this.#abandoned = reject;
      const { clock, timers } = this.core.endpoint;
      this.#accepted = new AcceptedInvite(clock, timers, () => this.incoming.respond(response2), (error) => {
        this.#accepted = void 0;
        reject(error);
        dialog2.noAck(this);
      });
    });
  }
  #repeat(response2) {
    this.#extension?.cancel();
    this.#extension = this.core.endpoint.clock.setTimer(EXTENSION, () => {
      this.incoming.respond(response2);
      this.#repeat(response2);
    });
  }
  #stopTimers() {
    this.#expiry?.cancel();
    this.#extension?.cancel();
  }
  #establish(response2) {
    if (this.#established === void 0) {
      this.#established = new UaDialog(this.core, Dialog.uas(this.request, response2));
      this.#established.inviteCame(this);
    }
    return this.#established;
  }
  #cancelled() {
    if (this.answered) return;
    this.incoming.respond(this.makeResponse(487, {}));
    this.#refused();
    this.onCancelled?.();
  }
  #refused() {
    this.#stopTimers();
    if (this.dialog !== void 0) this.dialog.inviteRefused(this);
    else this.#established?.end("refused");
  }
};

// packages/sip/src/uas-core.ts
var UasCore = class {
  handlers = /* @__PURE__ */ new Map();
  #core;
  /** §8.2.2.2: From tag, Call-ID and CSeq of the requests under way. */
  #underWay = /* @__PURE__ */ new Set();
  constructor(core) {
    this.#core = core;
  }
  receive(incoming) {
    const { request } = incoming;
    const id = dialogIdOf(request);
    const dialog2 = id === void 0 ? void 0 : this.#core.dialogs.get(id);
    const refusal2 = this.#check(request, id, dialog2) ?? this.#merged(incoming, id);
    if (refusal2 !== void 0) this.#refuse(incoming, refusal2);
    else if (request.method === "INVITE") this.#receiveInvite(incoming, dialog2);
    else if (dialog2 !== void 0) dialog2.receive(incoming, dialog2.handlerOf(request.method) ?? this.#handlerOf(request.method));
    else this.#core.run(this.#handlerOf(request.method), new UaRequest(this.#core, incoming, void 0));
  }
  receiveAck(ack) {
    const id = dialogIdOf(ack);
    if (id !== void 0) this.#core.dialogs.get(id)?.receiveAck(ack);
  }
  #receiveInvite(incoming, dialog2) {
    if (dialog2 !== void 0 && !dialog2.admitsInvite(incoming)) return;
    const invite2 = new UaInvite(this.#core, incoming, dialog2);
    dialog2?.inviteCame(invite2);
    const handler = dialog2 === void 0 ? this.handlers.get("INVITE")?.run : dialog2.inviteHandler;
    if (handler === void 0) invite2.respond(488);
    else this.#core.run(handler, invite2);
  }
  #check(request, id, dialog2) {
    const { method: method2 } = request;
    if (method2 === "CANCEL" || id !== void 0 && dialog2 === void 0) return { status: 481 };
    const inDialog = dialog2 !== void 0 && (method2 === "BYE" || method2 === "INVITE" || dialog2.handlerOf(method2) !== void 0);
    if (!inDialog && method2 === "BYE") return { status: 481 };
    if (!inDialog && method2 !== "OPTIONS" && !this.handlers.has(method2)) return { status: 405, headers: [["Allow", this.#core.allow]] };
    return this.#checkRequire(request) ?? this.#checkContent(request);
  }
  /** §8.2.2.3 */
  #checkRequire(request) {
    const supported = new Set((this.#core.options.supported ?? []).map((tag) => tag.toLowerCase()));
    const unknown = request.require().filter((tag) => !supported.has(tag.toLowerCase()));
    return unknown.length === 0 ? void 0 : { status: 420, headers: [["Unsupported", unknown.join(", ")]] };
  }
  /** §8.2.3 */
  #checkContent(request) {
    const accept = this.handlers.get(request.method)?.accept;
    if (accept === void 0 || request.body.length === 0) return void 0;
    const type = request.contentType?.type;
    return type !== void 0 && accept.includes(type) ? void 0 : { status: 415, headers: [["Accept", accept.join(", ")]] };
  }
  #merged(incoming, id) {
    const { request } = incoming;
    if (id !== void 0) return void 0;
    const key = `${request.fromTag ?? ""} ${request.callId ?? ""} ${request.cseq?.number ?? ""} ${request.method}`;
    if (this.#underWay.has(key)) return { status: 482 };
    this.#underWay.add(key);
    incoming.onTerminated = () => this.#underWay.delete(key);
    return void 0;
  }
  #handlerOf(method2) {
    const own = this.handlers.get(method2);
    if (own !== void 0) return own.run;
    return method2 === "OPTIONS" ? (incoming) => this.#answerOptions(incoming) : void 0;
  }
  /** §11.2 */
  #answerOptions(incoming) {
    const { supported = [] } = this.#core.options;
    const types = [...this.handlers.values()].flatMap(({ accept }) => accept ?? []);
    incoming.respond(200, {
      headers: [
        ["Allow", this.#core.allow],
        ["Accept", types.length === 0 ? "*/*" : [...new Set(types)].join(", ")],
        ["Accept-Encoding", "identity"],
        ["Accept-Language", "*"],
        ["Supported", supported.join(", ")]
      ]
    });
  }
  #refuse(incoming, { status: status2, headers: headers2 = [] }) {
    const { request } = incoming;
    incoming.respond(respondTo(request, status2, { headers: this.#core.responseHeaders({ headers: headers2 }), toTag: this.#core.endpoint.newTag() }));
  }
};

// packages/sip/src/user-agent.ts
var UserAgent = class {
  #core;
  #server;
  constructor(options2) {
    this.#core = new UaCore(options2);
    this.#server = new UasCore(this.#core);
    options2.endpoint.onRequest = (incoming) => this.#server.receive(incoming);
    options2.endpoint.onAck = (ack) => this.#server.receiveAck(ack);
  }
  /** Route URIs for requests outside of dialogs but REGISTER, behind the outbound proxy: the Service-Route of RFC 3608. */
  get serviceRoute() {
    return this.#core.serviceRoute;
  }
  set serviceRoute(uris2) {
    this.#core.serviceRoute = [...uris2];
  }
  /** Every dialog that is not over. */
  get dialogs() {
    return [...this.#core.dialogs.values()];
  }
  /** Our Contact on a flow, as a name-addr: what a REGISTER binds. */
  contact(flow) {
    return this.#core.contact(flow);
  }
  handle(method2, handler, options2 = {}) {
    this.#core.methods.add(method2);
    this.#server.handlers.set(method2, { run: handler, accept: options2.accept });
  }
  /**
   * Sends a request outside of dialogs (not an INVITE) and resolves with its final response, whatever its status;
   * challenges are answered if there are credentials. Rejects with SIP_TIMEOUT (408), SIP_TRANSPORT (503), SIP_UNRESOLVED,
   * SIP_ABORTED and errors of the caller's own making.
   */
  async request(method2, uri2, options2 = {}) {
    const request = this.#build(method2, uri2, options2);
    let cseq = request.cseq?.number ?? 1;
    return finalResponse(this.#core, { request, inDialog: false, nextCseq: () => cseq += 1 }, options2.signal);
  }
  /** Sends an INVITE outside of dialogs. Throws SIP_UNSAFE_FIELD for header fields that cannot be. */
  invite(uri2, options2 = {}) {
    return new OutgoingInvite(this.#core, this.#build("INVITE", uri2, options2), options2.signal);
  }
  /** Forgets every dialog without a BYE and stops all timers; the endpoint lives on. */
  close() {
    for (const dialog2 of this.dialogs) dialog2.end("closed");
  }
  #build(method2, uri2, options2) {
    const { endpoint } = this.#core;
    const routes = options2.routes ?? (method2 === "REGISTER" ? this.#core.proxyRoute() : this.#core.initialRoutes());
    return buildRequest({
      method: method2,
      uri: uri2,
      from: { ...this.#core.from, params: Params.of({ tag: endpoint.newTag() }) },
      to: formatNameAddr({ uri: options2.to ?? uri2 }),
      callId: options2.callId ?? endpoint.newCallId(),
      cseq: options2.cseq ?? 1,
      routes: routes.map((route) => `<${route}>`),
      headers: options2.headers,
      contentType: options2.contentType,
      body: options2.body
    });
  }
};

// examples/im-server/src/server.ts
import { randomBytes as randomBytes2 } from "node:crypto";

// examples/im-server/src/config-error.ts
var ConfigError = class extends Error {
  name = "ConfigError";
};

// examples/im-server/src/media/guarded-network.ts
import { BlockList, isIP as isIP3 } from "node:net";

// examples/im-server/src/errors.ts
var serverErrors = {
  IM_MEDIA_DENIED: { meaning: "MSRP is not dialled out to this address; see --media-deny", fault: "remote", status: 403 },
  IM_DOWNSTREAM_REFUSED: { meaning: "The other side of the session refused the message", fault: "remote", section: "RFC 4975 \xA77.2" },
  IM_SESSION_GONE: { meaning: "The other side of the session is gone", fault: "remote", status: 481, section: "RFC 4975 \xA710.9" }
};
var serverError = defineErrors(serverErrors);

// examples/im-server/src/media/guarded-network.ts
var DEFAULT_DENIED = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::/128", "::1/128", "fc00::/7", "fe80::/10"];
function mediaDenyList(options2) {
  const ranges = options2.denied ?? DEFAULT_DENIED.filter((range) => !options2.listening.some((host4) => contains(listOf([range]), host4)));
  return listOf(ranges);
}
var GuardedNetwork = class {
  #network;
  #resolver;
  #denied;
  bindUdp;
  constructor(network, resolver, denied) {
    this.#network = network;
    this.#resolver = resolver;
    this.#denied = denied;
    this.bindUdp = (local, handlers) => network.bindUdp(local, handlers);
  }
  listenTcp(local, accept) {
    return this.#network.listenTcp(local, accept);
  }
  /** Rejects with IM_MEDIA_DENIED when every address of the host is denied. */
  async connectTcp(remote, options2) {
    const addresses = isIP3(remote.host) === 0 ? await this.#resolver.lookup(remote.host) : [remote.host];
    const allowed = addresses.find((address2) => !contains(this.#denied, address2));
    if (allowed === void 0) throw serverError("IM_MEDIA_DENIED", { detail: remote.host });
    return this.#network.connectTcp({ host: allowed, port: remote.port }, options2);
  }
};
function listOf(ranges) {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", bits = ""] = range.split("/");
    list.addSubnet(network, Number(bits), isIP3(network) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
function contains(list, address2) {
  const plain = address2.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP3(plain);
  return family !== 0 && list.check(plain, family === 6 ? "ipv6" : "ipv4");
}

// examples/im-server/src/media/media.ts
var Media = class {
  #endpoint;
  #metrics;
  #owners = /* @__PURE__ */ new Map();
  constructor(options2) {
    const { network, clock, random, trace } = options2;
    this.#endpoint = new MsrpEndpoint({ network, clock, random, ...trace === void 0 ? {} : { trace } });
    this.#metrics = options2.metrics;
  }
  /** Accepts connections; resolves with the address as bound. Session URIs carry `advertise`, if given, with the port bound. */
  async listen(address2, advertise) {
    return this.#endpoint.listen(address2, advertise === void 0 ? {} : { advertise: { host: advertise, port: address2.port } });
  }
  /** A session whose frames go to `sink`, on behalf of `owner`, an address-of-record. Close it to free its URI. */
  createSession(owner, sink) {
    const session = this.#endpoint.createSession({ sink });
    this.#owners.set(session.uri, owner);
    this.#report();
    return session;
  }
  release(session) {
    session.close();
    this.#owners.delete(session.uri);
    this.#report();
  }
  /** Whose session a URI of ours is. */
  ownerOf(uri2) {
    return this.#owners.get(uri2);
  }
  close() {
    return this.#endpoint.close();
  }
  #report() {
    this.#metrics.gauge("msrp_sessions_active", this.#owners.size);
  }
};

// examples/im-server/src/observe/http.ts
import { fastify } from "fastify";
async function serveHttp(options2) {
  const app = fastify({ logger: false, bodyLimit: 1024, forceCloseConnections: true });
  app.get("/", async (_request, reply) => reply.type("text/plain; charset=utf-8").send(options2.about()));
  app.get("/metrics", async (_request, reply) => {
    const { type, body } = await options2.metrics.text();
    return reply.type(type).send(body);
  });
  app.get("/healthz", async (_request, reply) => {
    try {
      await options2.healthy();
      return await reply.send({ status: "ok" });
    } catch (error) {
      return reply.code(503).send({ status: "failing", reason: error.message });
    }
  });
  await app.listen({ host: options2.address.host, port: options2.address.port });
  const bound = app.server.address();
  const port4 = typeof bound === "object" && bound !== null ? bound.port : options2.address.port;
  return { local: { host: options2.address.host, port: port4 }, close: () => app.close() };
}

// examples/im-server/src/observe/log.ts
import { destination, pino } from "pino";
var silentLog = { debug: () => {
}, info: () => {
}, warn: () => {
}, error: () => {
} };

// examples/im-server/src/observe/metrics.ts
import { Counter, Gauge, Registry } from "prom-client";
var descriptions = {
  sip_requests_total: { kind: "counter", help: "SIP requests received by the core", labels: ["method"] },
  sip_responses_total: { kind: "counter", help: "Final SIP responses sent by the core", labels: ["class"] },
  sip_registrations_total: { kind: "counter", help: "REGISTER requests accepted", labels: [] },
  sip_authentication_failures_total: { kind: "counter", help: "Requests with wrong credentials or a From of somebody else", labels: ["reason"] },
  sip_invalid_messages_total: { kind: "counter", help: "SIP messages answered or dropped by the validation stage", labels: [] },
  im_policy_evaluations_total: { kind: "counter", help: "Admission decisions by session case and mode", labels: ["case", "mode", "result"] },
  im_sessions_active: { kind: "gauge", help: "IM sessions with both legs up", labels: [] },
  im_sessions_total: { kind: "counter", help: "IM sessions that were set up", labels: [] },
  msrp_sessions_active: { kind: "gauge", help: "MSRP sessions (legs) at the media function", labels: [] },
  msrp_requests_total: { kind: "counter", help: "MSRP requests received", labels: ["method"] },
  msrp_body_octets_total: { kind: "counter", help: "MSRP body octets passed on", labels: [] }
};
var PrometheusMetrics = class {
  #registry = new Registry();
  #counters = /* @__PURE__ */ new Map();
  #gauges = /* @__PURE__ */ new Map();
  constructor() {
    for (const [name, { kind, help, labels }] of Object.entries(descriptions)) {
      const shape2 = { name: `simple_im_${name}`, help, labelNames: [...labels], registers: [this.#registry] };
      if (kind === "counter") this.#counters.set(name, new Counter(shape2));
      else this.#gauges.set(name, new Gauge(shape2));
    }
  }
  count(name, labels = {}, by = 1) {
    const counter = this.#counters.get(name);
    if (counter === void 0) throw new Error(`no counter named ${name}`);
    counter.inc(labels, by);
  }
  gauge(name, value, labels = {}) {
    const gauge = this.#gauges.get(name);
    if (gauge === void 0) throw new Error(`no gauge named ${name}`);
    gauge.set(labels, value);
  }
  /** The text a scraper reads, and its type. */
  async text() {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
};

// examples/im-server/src/observe/trace.ts
var CREDENTIALS = /^(authorization|proxy-authorization|www-authenticate|proxy-authenticate|authentication-info|proxy-authentication-info)$/i;
var WireTrace = class {
  #options;
  #listeners = /* @__PURE__ */ new Map();
  /** A decoder for each direction of each connection, made when its first octets are traced. */
  #frames = /* @__PURE__ */ new WeakMap();
  constructor(options2) {
    this.#options = options2;
  }
  /** Tells `listener` of one user's messages, or of all with `*`; returns how to stop. */
  listen(user3, listener) {
    const listeners = this.#listeners.get(user3) ?? /* @__PURE__ */ new Set();
    this.#listeners.set(user3, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(user3);
    };
  }
  get active() {
    return this.#listeners.size > 0;
  }
  sip(event) {
    if (!this.active || event.message === void 0) return;
    const { message, direction, flow } = event;
    const user3 = userOf(message, direction);
    this.#tell({ at: this.#options.now(), protocol: "SIP", user: user3, direction, transport: flow.transport, remote: flow.remote, title: sipTitle(message), head: sipHead(message) });
  }
  msrp(event) {
    if (!this.active) return;
    const { connection, direction, bytes } = event;
    const readers = this.#frames.get(connection) ?? { in: new FrameReader(), out: new FrameReader() };
    this.#frames.set(connection, readers);
    for (const frame of readers[direction].receive(bytes)) {
      const local = direction === "in" ? frame.head.toPath[0] : frame.head.fromPath[0];
      const user3 = local === void 0 ? void 0 : this.#options.ownerOf(local);
      this.#tell({ at: this.#options.now(), protocol: "MSRP", user: user3, direction, transport: "TCP", remote: connection.remote, title: msrpTitle(frame.head), head: msrpHead(frame.head) });
    }
  }
  #tell(entry) {
    for (const listener of this.#listeners.get("*") ?? []) listener(entry);
    if (entry.user !== void 0) for (const listener of this.#listeners.get(entry.user) ?? []) listener(entry);
  }
};
var FrameReader = class {
  #decoder = new MsrpDecoder();
  receive(bytes) {
    const heads = [];
    try {
      this.#decoder?.receive(bytes);
      for (let event = this.#decoder?.next(); event !== void 0; event = this.#decoder?.next()) if (event.type === "head") heads.push({ head: event.head });
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#decoder = void 0;
    }
    return heads;
  }
};
function userOf(message, direction) {
  const isRequest = "method" in message;
  const address2 = isRequest === (direction === "in") ? message.from : message.to;
  try {
    return address2 === void 0 ? void 0 : aorOf(address2.uri);
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return void 0;
  }
}
function sipTitle(message) {
  return "method" in message ? message.method : `${message.status} (${message.cseq?.method ?? ""})`;
}
function sipHead(message) {
  const start2 = "method" in message ? `${message.method} ${message.uri} SIP/2.0` : `SIP/2.0 ${message.status} ${message.reason}`;
  return [start2, ...[...message.headers].map(([name, value]) => `${name}: ${CREDENTIALS.test(name) ? "[redacted]" : value}`)].join("\r\n");
}
function msrpTitle(head) {
  if (head.method === void 0) return `${head.status ?? ""} ${head.comment ?? ""}`.trim();
  const range = head.byteRange === void 0 ? "" : ` ${head.byteRange.start}-${head.byteRange.end ?? "*"}/${head.byteRange.total ?? "*"}`;
  return `${head.method}${head.hasBody || head.method === "REPORT" ? range : ""}${head.contentType === void 0 ? "" : ` ${head.contentType}`}`;
}
function msrpHead(head) {
  const start2 = `MSRP ${head.transactionId} ${head.method ?? `${head.status ?? ""} ${head.comment ?? ""}`.trim()}`;
  return [start2, ...head.fields.map(([name, value]) => `${name}: ${CREDENTIALS.test(name) ? "[redacted]" : value}`)].join("\r\n");
}

// examples/im-server/src/participating/availability.ts
var RegistrationAvailability = class {
  #now;
  #until = /* @__PURE__ */ new Map();
  /** `now`: milliseconds, never going back. */
  constructor(now) {
    this.#now = now;
  }
  isAvailable(aor) {
    const until = this.#until.get(aor);
    if (until === void 0) return false;
    if (until > this.#now()) return true;
    this.#until.delete(aor);
    return false;
  }
  /** Takes a third-party REGISTER: To is the user, Expires how long somebody will be registered. */
  registered(request) {
    const to2 = request.to;
    if (to2 === void 0) return;
    const expires = request.expires ?? 0;
    if (expires === 0) this.#until.delete(aorOf(to2.uri));
    else this.#until.set(aorOf(to2.uri), this.#now() + expires * 1e3);
  }
};

// examples/im-server/src/participating/answer.ts
var T1 = 500;
var T2 = 4e3;
var RepeatedAnswer = class {
  #clock;
  #send;
  #unacknowledged;
  #giveUpAt;
  #interval = T1;
  #timer;
  /** Sends at once. `unacknowledged` is called when 64*T1 pass without an ACK: end the dialog with BYE. */
  constructor(clock, respond, response2, unacknowledged) {
    this.#clock = clock;
    this.#send = () => respond(response2);
    this.#unacknowledged = unacknowledged;
    this.#giveUpAt = clock.now() + 64 * T1;
    this.#send();
    this.#arm();
  }
  /** The ACK came, or the dialog is over. */
  stop() {
    this.#timer?.cancel();
  }
  #arm() {
    this.#timer = this.#clock.setTimer(this.#interval, () => {
      if (this.#clock.now() >= this.#giveUpAt) return this.#unacknowledged();
      this.#send();
      this.#interval = Math.min(this.#interval * 2, T2);
      this.#arm();
    });
  }
};

// examples/im-server/src/participating/invited-leg.ts
var InvitedLeg = class {
  #exchange;
  #clock;
  #contact;
  #tag;
  #dialog;
  #answer;
  #answered = false;
  constructor(exchange, contact, clock, random) {
    this.#exchange = exchange;
    this.#contact = contact;
    this.#clock = clock;
    this.#tag = newTag(random);
  }
  /** There from the 200 on. */
  get dialog() {
    return this.#dialog;
  }
  get answered() {
    return this.#answered;
  }
  /** Ringing and the like, without a body: there is no early media in a message session. */
  progress(status2) {
    if (!this.#answered) this.#exchange.respond(this.#response(status2, { headers: [["Contact", `<${this.#contact}>`]] }));
  }
  /** 200 with our SDP, until ACK. */
  accept(sdp, unacknowledged) {
    if (this.#answered) return;
    this.#answered = true;
    const response2 = this.#response(200, {
      headers: [["Contact", `<${this.#contact}>;+g.oma.sip-im`], ["Allow", ALLOW]],
      contentType: "application/sdp",
      body: sdp
    });
    this.#dialog = Dialog.uas(this.#exchange.request, response2);
    this.#answer = new RepeatedAnswer(this.#clock, (again) => this.#exchange.respond(again), response2, unacknowledged);
  }
  /** The callee's refusal, as it is; or ours. */
  refuse(status2, reason, headers2 = []) {
    if (this.#answered) return;
    this.#answered = true;
    this.#exchange.respond(this.#response(status2, { ...reason === void 0 ? {} : { reason }, headers: headers2 }));
  }
  acknowledged() {
    this.#answer?.stop();
  }
  ended() {
    this.#answer?.stop();
    this.#dialog?.bye();
  }
  #response(status2, options2) {
    return respondTo(this.#exchange.request, status2, { ...options2, toTag: this.#tag });
  }
};
var ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS";
function answerWithin(exchange, status2, headers2 = []) {
  exchange.respond(respondTo(exchange.request, status2, { headers: headers2 }));
}

// examples/im-server/src/participating/inviting-leg.ts
var PASSED_ON = [
  "Subject",
  "Accept-Contact",
  "Reject-Contact",
  "Request-Disposition",
  "Privacy",
  "P-Asserted-Identity",
  "P-Asserted-Service",
  "Referred-By",
  "Priority",
  "Date",
  "Expires",
  "Accept-Language",
  "User-Agent",
  "Conversation-ID",
  "Contribution-ID",
  "InReplyTo-Contribution-ID"
];
var InvitingLeg = class {
  #core;
  #invite;
  #handlers;
  #outgoing;
  #dialog;
  #ack;
  constructor(core, original, contact, sdp, random, handlers) {
    this.#core = core;
    this.#handlers = handlers;
    this.#invite = inviteFrom(original, contact, sdp, random);
  }
  get dialog() {
    return this.#dialog;
  }
  start(originalDialog) {
    this.#outgoing = this.#core.request(this.#invite, originalDialog, {
      response: (response2) => this.#onResponse(response2),
      failed: (error) => this.#handlers.failed(error.status ?? 500)
    });
  }
  cancel() {
    this.#outgoing?.cancel();
  }
  #onResponse(response2) {
    if (response2.status === 100) return;
    if (response2.status < 200) return this.#handlers.progress(response2.status);
    if (response2.status >= 300) return this.#handlers.refused(response2);
    if (this.#dialog === void 0) return this.#establish(response2);
    if (response2.toTag === this.#dialog.remoteTag) this.#core.ack(this.#ack.clone());
    else this.#refuseFork(response2);
  }
  #establish(response2) {
    this.#dialog = Dialog.uac(this.#invite, response2);
    this.#ack = this.#dialog.ack(this.#invite);
    this.#core.ack(this.#ack.clone());
    this.#handlers.accepted(response2);
  }
  #refuseFork(response2) {
    const fork = Dialog.uac(this.#invite, response2);
    this.#core.ack(fork.ack(this.#invite));
    this.#core.request(fork.request("BYE"), void 0, { response: () => fork.bye(), failed: () => fork.gone() });
  }
};
function inviteFrom(original, contact, sdp, random) {
  const headers2 = [["Contact", `<${contact}>;+g.oma.sip-im`], ["Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"]];
  for (const name of PASSED_ON) for (const value of original.headers.all(name)) headers2.push([name, value]);
  const { from, to: to2 } = original;
  return buildRequest({
    method: "INVITE",
    uri: original.uri,
    // Without their parameters: the tags are those of the other dialog.
    from: `${formatNameAddr({ displayName: from?.displayName, uri: from?.uriText })};tag=${newTag(random)}`,
    to: formatNameAddr({ displayName: to2?.displayName, uri: to2?.uriText }),
    callId: newTag(random) + newTag(random),
    cseq: 1,
    // A loop through us must end like any other (RFC 7332 §3).
    maxForwards: Math.max(0, original.maxForwards ?? 70),
    headers: headers2,
    contentType: "application/sdp",
    body: sdp
  });
}

// examples/im-server/src/participating/awaited-responses.ts
var MAX_AWAITED = 4096;
var AwaitedResponses = class {
  #clock;
  #silent;
  #chunks = /* @__PURE__ */ new Map();
  #timer;
  /** `silent` is told of a chunk that nobody answered for 30 seconds after its end (RFC 4975 §7.1.1). */
  constructor(clock, silent) {
    this.#clock = clock;
    this.#silent = silent;
  }
  get isFull() {
    return this.#chunks.size >= MAX_AWAITED;
  }
  has(transactionId) {
    return this.#chunks.has(transactionId);
  }
  begin(transactionId, chunk) {
    this.#chunks.set(transactionId, chunk);
  }
  /** The chunk has ended after `length` octets: from now on its response is due. */
  ended(transactionId, length) {
    const chunk = this.#chunks.get(transactionId);
    if (chunk === void 0) return;
    chunk.length = length;
    chunk.due = this.#clock.now() + RESPONSE_WAIT;
    this.#chunks.delete(transactionId);
    this.#chunks.set(transactionId, chunk);
    this.#arm();
  }
  /** The response came. */
  take(transactionId) {
    const chunk = this.#chunks.get(transactionId);
    this.#chunks.delete(transactionId);
    return chunk;
  }
  clear() {
    this.#timer?.cancel();
    this.#timer = void 0;
    this.#chunks.clear();
  }
  /** One timer for all, set for the oldest; it may find that chunk answered, and then goes on to the next. */
  #arm() {
    if (this.#timer !== void 0) return;
    const first2 = this.#firstDue();
    if (first2 !== void 0) this.#timer = this.#clock.setTimer(Math.max(0, first2 - this.#clock.now()), () => this.#expire());
  }
  #firstDue() {
    for (const chunk of this.#chunks.values()) if (chunk.due !== void 0) return chunk.due;
    return void 0;
  }
  #expire() {
    this.#timer = void 0;
    const now = this.#clock.now();
    for (const [transactionId, chunk] of this.#chunks) {
      if (chunk.due === void 0) continue;
      if (chunk.due > now) break;
      this.#chunks.delete(transactionId);
      this.#silent(chunk);
    }
    this.#arm();
  }
};

// examples/im-server/src/participating/chunk-writer.ts
var OWN_ID_LENGTH = 32;
var ChunkWriter = class {
  #session;
  #random;
  #sessionGone;
  #awaited;
  #leaving;
  /** The peer refused the chunk while it was leaving: no more of it (RFC 4975 §10.5). */
  #refusal;
  #stalled;
  /** `sessionGone`: the peer answered that it knows the session no more. */
  constructor(session, clock, random, sessionGone) {
    this.#session = session;
    this.#random = random;
    this.#sessionGone = sessionGone;
    this.#awaited = new AwaitedResponses(clock, (chunk) => reportFailure(chunk, 408, "No response"));
  }
  begin(head, origin) {
    if (this.#session.state === "closed") throw serverError("IM_SESSION_GONE");
    if (this.#awaited.isFull) throw serverError("IM_DOWNSTREAM_REFUSED", { status: 408, detail: "too many chunks await a response" });
    const transactionId = this.#awaited.has(head.transactionId) ? randomIdent(this.#random, OWN_ID_LENGTH) : head.transactionId;
    const leaving = { head, origin, transactionId, before: 0, passed: 0, ended: false };
    this.#leaving = leaving;
    this.#refusal = void 0;
    this.#await(leaving);
    this.#session.startFrame({ ...this.#frame(leaving), resume: (sent2) => this.#resume(leaving, sent2) });
  }
  body(bytes) {
    if (this.#refusal !== void 0) throw this.#refusal;
    const leaving = this.#leaving;
    if (leaving === void 0) throw serverError("IM_SESSION_GONE");
    leaving.passed += bytes.length;
    const more = this.#session.writeBody(bytes);
    if (!more) this.#stalled = leaving.origin;
    return more;
  }
  end(flag) {
    const leaving = this.#leaving;
    if (leaving === void 0) return;
    this.#leaving = void 0;
    leaving.ended = true;
    this.#session.endFrame(flag);
    this.#awaited.ended(leaving.transactionId, leaving.passed - leaving.before);
  }
  report(head) {
    const { remotePath } = this.#session.entry;
    if (remotePath === void 0 || this.#session.state !== "bound") return;
    const transactionId = randomIdent(this.#random);
    const rewritten = rewriteHead(head, { transactionId, toPath: remotePath, fromPath: [this.#session.uri] });
    this.#session.writeFrame(concatBytes([rewritten, encodeEnd(transactionId, "$", head.hasBody)]));
  }
  /** The peer's answer to a chunk. */
  response(head) {
    const status2 = head.status ?? 0;
    const chunk = this.#awaited.take(head.transactionId);
    if (status2 < 300) return;
    if (chunk !== void 0) this.#refused(chunk, head.transactionId, status2, head.comment);
    if (consequence(status2, "response") === "session") this.#sessionGone();
  }
  drained() {
    this.#stalled?.resume();
    this.#stalled = void 0;
  }
  close() {
    this.#leaving = void 0;
    this.#awaited.clear();
    this.drained();
  }
  /** While the chunk is still leaving its sender is answered so; afterwards it gets a REPORT. */
  #refused(chunk, transactionId, status2, comment2) {
    if (this.#leaving?.transactionId !== transactionId) return reportFailure(chunk, status2, comment2);
    this.#refusal = serverError("IM_DOWNSTREAM_REFUSED", { status: status2, ...comment2 === void 0 ? {} : { detail: comment2 } });
    this.#leaving.ended = true;
    this.#leaving = void 0;
    this.#session.endFrame("#");
    this.drained();
  }
  /** The chunk made way for others after `sent` octets; the rest goes on as a chunk of its own (RFC 4975 §7.1.1). */
  #resume(leaving, sent2) {
    this.#awaited.ended(leaving.transactionId, sent2 - leaving.before);
    leaving.transactionId = randomIdent(this.#random, OWN_ID_LENGTH);
    leaving.before = sent2;
    this.#await(leaving);
    if (leaving.ended) this.#awaited.ended(leaving.transactionId, leaving.passed - sent2);
    return this.#frame(leaving);
  }
  #await(leaving) {
    const { head, origin, transactionId } = leaving;
    if (head.failureReport !== "no") this.#awaited.begin(transactionId, { head, origin, start: firstOctet(leaving), length: 0, due: void 0 });
  }
  #frame(leaving) {
    const { head, transactionId, before } = leaving;
    const { byteRange: byteRange2 } = head;
    const paths = { transactionId, toPath: this.#session.entry.remotePath ?? [], fromPath: [this.#session.uri] };
    if (before === 0) return { transactionId, head: rewriteHead(head, paths) };
    return { transactionId, head: rewriteHead(head, { ...paths, byteRange: { start: firstOctet(leaving), end: byteRange2?.end, total: byteRange2?.total } }) };
  }
};
function firstOctet({ head, before }) {
  return (head.byteRange?.start ?? 1) + before;
}
function reportFailure({ head, origin, start: start2, length }, status2, comment2) {
  if (head.messageId === void 0 || status2 === 408 && head.failureReport === "partial") return;
  origin.reportFailure(head, { start: start2, end: start2 + Math.max(length, 1) - 1, total: head.byteRange?.total }, status2, comment2);
}

// examples/im-server/src/participating/relay-leg.ts
var RelayLeg = class {
  session;
  /** What leaves on this leg. */
  writer;
  #options;
  #sink;
  /** The SEND that is arriving, and who takes its body: a change of sink waits for the chunk's end. */
  #arriving;
  #taking;
  constructor(options2) {
    this.#options = options2;
    this.session = options2.createSession(this);
    this.writer = new ChunkWriter(this.session, options2.clock, options2.random, options2.lost);
  }
  /** Who takes the chunks that begin from now on. */
  deliverTo(sink) {
    this.#sink = sink;
  }
  head(head) {
    this.#options.metrics.count("msrp_requests_total", { method: head.method ?? "" });
    this.#arriving = void 0;
    this.#taking = void 0;
    if (head.method === "REPORT") return this.#sink?.report(head);
    this.#arriving = head;
    if (!head.hasBody) return;
    if (this.#sink === void 0) throw serverError("IM_SESSION_GONE");
    this.#sink.begin(head, this);
    this.#taking = this.#sink;
  }
  body(bytes) {
    if (this.#taking === void 0) return;
    this.#options.metrics.count("msrp_body_octets_total", {}, bytes.length);
    if (!this.#taking.body(bytes)) this.session.pause();
  }
  end(flag) {
    const head = this.#arriving;
    this.#taking?.end(flag);
    this.#arriving = void 0;
    this.#taking = void 0;
    if (head !== void 0) this.session.respond(head, 200);
  }
  response(head) {
    this.writer.response(head);
  }
  lost() {
    this.#taking?.end("#");
    this.#arriving = void 0;
    this.#taking = void 0;
  }
  drain() {
    this.writer.drained();
  }
  closed(error) {
    this.writer.close();
    if (error !== void 0) this.#options.lost();
  }
  resume() {
    this.session.resume();
  }
  reportFailure(head, range, status2, comment2) {
    if (this.session.state !== "bound") return;
    this.session.writeFrame(encodeReport({
      transactionId: randomIdent(this.#options.random),
      toPath: head.fromPath,
      localUri: this.session.uri,
      messageId: head.messageId ?? "",
      range,
      status: status2,
      ...comment2 === void 0 ? {} : { comment: comment2 }
    }));
  }
};

// examples/im-server/src/participating/im-session.ts
var ImSession = class {
  #options;
  #exchange;
  #offer;
  #onEnd;
  #invited;
  #inviting;
  #callerMedia;
  #calleeMedia;
  /** The SDP of each leg as we last sent it. */
  #sdp;
  #contacts;
  /** The 200 to a re-INVITE that awaits its ACK. */
  #refreshed = {};
  #goodbyes = [];
  #ended = false;
  /** Throws the errors of `parseMsrpSdp`, which carry 488, for an offer without a usable `m=message`. */
  constructor(exchange, users, legs, options2, onEnd) {
    const { core, media, clock, random } = options2;
    this.#options = options2;
    this.#exchange = exchange;
    this.#onEnd = onEnd;
    this.#offer = parseMsrpSdp(exchange.request.body);
    this.#callerMedia = this.#leg(media, users.caller);
    this.#calleeMedia = this.#leg(media, users.callee);
    this.#callerMedia.deliverTo(this.#calleeMedia.writer);
    this.#calleeMedia.deliverTo(this.#callerMedia.writer);
    const offer = utf8(formatMsrpOffer({ ...this.#ownMedia(this.#offer, this.#calleeMedia), setup: "actpass" }, { sessionId: 1, version: 1 }));
    this.#sdp = { caller: void 0, callee: offer };
    this.#contacts = { caller: core.contactUri(legs.caller), callee: core.contactUri(legs.callee) };
    this.#invited = new InvitedLeg(exchange, this.#contacts.caller, clock, random);
    this.#inviting = new InvitingLeg(core, exchange.request, this.#contacts.callee, offer, random, {
      progress: (status2) => this.#invited.progress(status2),
      accepted: (response2) => this.#accepted(response2),
      refused: (response2) => this.#refused(response2),
      failed: (status2) => this.#fail(status2 === 408 ? 480 : status2)
    });
  }
  start() {
    this.#exchange.onCancelled = () => this.#cancelled();
    this.#inviting.start(this.#exchange.originalDialog);
  }
  /** A request inside the dialog with one of the users. */
  receive(side, exchange) {
    const dialog2 = side === "caller" ? this.#invited.dialog : this.#inviting.dialog;
    if (dialog2 === void 0 || this.#ended) return answerWithin(exchange, 481);
    dialog2.receive(exchange.request);
    if (exchange.request.method === "BYE") {
      answerWithin(exchange, 200);
      dialog2.bye();
      this.#end(side);
    } else if (exchange.request.method === "INVITE") {
      this.#reinvited(side, exchange);
    } else {
      answerWithin(exchange, exchange.request.method === "OPTIONS" ? 200 : 405, [["Allow", ALLOW]]);
    }
  }
  acknowledged(side) {
    if (side === "caller") this.#invited.acknowledged();
    this.#refreshed[side]?.stop();
  }
  /** Ends both legs; resolves when both BYEs are answered. */
  async end() {
    this.#end(void 0);
    await Promise.all(this.#goodbyes);
  }
  #leg(media, owner) {
    const { clock, random, metrics } = this.#options;
    return new RelayLeg({ clock, random, metrics, createSession: (sink) => media.createSession(owner, sink), lost: () => this.#end(void 0) });
  }
  /** What one user offered or answered, with our own path in place of theirs. */
  #ownMedia(theirs, leg) {
    const { host: host4, port: port4 = 2855 } = parseMsrpUri(leg.session.uri);
    const { setup: _theirs, ...media } = theirs;
    return { ...media, address: { host: host4.replace(/^\[|\]$/g, ""), port: port4 }, path: [leg.session.uri] };
  }
  #accepted(response2) {
    if (this.#ended) return this.#bye(this.#inviting);
    try {
      const answer = parseMsrpSdp(response2.body);
      const caller = negotiateSetup(this.#offer.setup, "passive");
      this.#bind(this.#calleeMedia, answer.path, connectionRole("actpass", answer.setup) === "active");
      this.#bind(this.#callerMedia, this.#offer.path, caller.weConnect);
      const media = { ...this.#ownMedia(answer, this.#callerMedia), setup: caller.answer };
      this.#sdp.caller = utf8(formatMsrpAnswer(this.#exchange.request.body, media, { sessionId: 1, version: 1 }));
      this.#invited.accept(this.#sdp.caller, () => this.#end(void 0));
      this.#options.metrics.count("im_sessions_total");
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#options.log.info({ err: error }, "the answer of the invited user cannot be used");
      this.#fail(488);
    }
  }
  /** Active legs connect; passive ones wait for the peer's first request. A leg that cannot be bound ends the session. */
  #bind(leg, path2, active) {
    if (!active) return void leg.session.accept(path2);
    leg.session.connect(path2).catch((error) => {
      this.#options.log.info({ err: error }, "a media connection could not be made");
      this.#end(void 0);
    });
  }
  #refused(response2) {
    const headers2 = ["Retry-After", "Warning", "Reason"].flatMap((name) => response2.headers.all(name).map((value) => [name, value]));
    this.#invited.refuse(response2.status, response2.reason, headers2);
    this.#release();
  }
  #fail(status2) {
    if (this.#invited.answered) return this.#end(void 0);
    this.#invited.refuse(status2);
    if (this.#inviting.dialog !== void 0) this.#bye(this.#inviting);
    this.#release();
  }
  #cancelled() {
    this.#inviting.cancel();
    this.#invited.refuse(487);
    this.#release();
  }
  /** An offer that changes nothing is a refresh (RFC 3261 §14.2); moving a session's media is not supported. */
  #reinvited(side, exchange) {
    const sdp = this.#sdp[side];
    const path2 = side === "caller" ? this.#callerMedia.session.entry.remotePath : this.#calleeMedia.session.entry.remotePath;
    if (sdp === void 0 || !offersSamePath(exchange.request, path2)) return answerWithin(exchange, 488);
    const leg = side === "caller" ? this.#invited : this.#inviting;
    leg.dialog?.refresh(exchange.request);
    this.#refreshed[side]?.stop();
    const response2 = respondTo(exchange.request, 200, { headers: [["Contact", `<${this.#contacts[side]}>`]], contentType: "application/sdp", body: sdp });
    this.#refreshed[side] = new RepeatedAnswer(this.#options.clock, (again) => exchange.respond(again), response2, () => this.#end(void 0));
  }
  /** `by` has said BYE; the others get one. */
  #end(by) {
    if (this.#ended) return;
    if (by !== "caller") this.#bye(this.#invited);
    if (by !== "callee") this.#bye(this.#inviting);
    this.#invited.ended();
    for (const answer of Object.values(this.#refreshed)) answer.stop();
    this.#release();
  }
  #bye(leg) {
    const { dialog: dialog2 } = leg;
    if (dialog2 === void 0 || dialog2.state === "terminated") return;
    const bye = dialog2.request("BYE");
    dialog2.bye();
    this.#goodbyes.push(new Promise((resolve) => {
      this.#options.core.request(bye, void 0, { response: (response2) => {
        if (response2.status >= 200) resolve();
      }, failed: () => resolve() });
    }));
  }
  #release() {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.media.release(this.#callerMedia.session);
    this.#options.media.release(this.#calleeMedia.session);
    this.#onEnd();
  }
};
function offersSamePath(request, path2) {
  if (request.body.length === 0) return true;
  try {
    return path2 !== void 0 && parseMsrpSdp(request.body).path.join(" ") === path2.join(" ");
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return false;
  }
}

// examples/im-server/src/participating/pager.ts
var Pager = class {
  #core;
  #policy;
  constructor(core, policy) {
    this.#core = core;
    this.#policy = policy;
  }
  async receive(exchange) {
    const refusal2 = await this.#policy.evaluate(exchange, "pager");
    if (refusal2 !== void 0) return exchange.respond(refusal2);
    this.#core.request(exchange.request, exchange.originalDialog, {
      response: (response2) => exchange.respond(response2),
      // Never 408 to a request that is not an INVITE (RFC 4320 §4.2).
      failed: () => exchange.respond(respondTo(exchange.request, 480))
    });
  }
};

// examples/im-server/src/participating/policy.ts
var openAdmission = {
  admit: async (_question) => ({ admitted: true })
};
var Policy = class {
  #admission;
  #metrics;
  constructor(admission, metrics) {
    this.#admission = admission;
    this.#metrics = metrics;
  }
  /** Undefined when the request may go on, else the response that refuses it. */
  async evaluate(exchange, mode) {
    const { request, sessionCase } = exchange;
    const answer = await this.#admission.admit({ sender: assertedIdentity(request), recipient: recipientOf(exchange), mode });
    this.#metrics.count("im_policy_evaluations_total", { case: sessionCase ?? "none", mode, result: answer.admitted ? "admitted" : "refused" });
    return answer.admitted ? void 0 : respondTo(request, answer.status, { reason: answer.reason });
  }
};
function assertedIdentity(request) {
  const [first2] = request.headers.list("P-Asserted-Identity");
  return first2 === void 0 ? void 0 : aorOf(parseNameAddr(first2).uri);
}
function recipientOf(exchange) {
  if (exchange.sessionCase === "terminating" && exchange.servedUser !== void 0) return exchange.servedUser;
  return aorOf(exchange.request.parsedUri);
}

// examples/im-server/src/participating/participating.ts
var MAX_SESSIONS = 2e4;
var Participating = class {
  #options;
  #pager;
  /** Sessions by the names of their legs, which are in our Contact URIs. */
  #legs = /* @__PURE__ */ new Map();
  constructor(options2) {
    this.#options = options2;
    this.#pager = new Pager(options2.core, options2.policy);
  }
  receive(exchange) {
    this.#receive(exchange).catch((error) => this.#fail(exchange, error));
  }
  ack(request) {
    const leg = this.#legOf(request);
    leg?.session.acknowledged(leg.side);
  }
  /** Ends every session, for an orderly stop; resolves when every BYE has its answer. */
  async close() {
    await Promise.all([...new Set([...this.#legs.values()].map(({ session }) => session))].map((session) => session.end()));
  }
  async #receive(exchange) {
    const { request, sessionCase } = exchange;
    if (sessionCase === void 0) return this.#withoutCase(exchange);
    if (request.method === "MESSAGE") return this.#pager.receive(exchange);
    if (request.method === "INVITE") return this.#invite(exchange);
    this.#handBack(exchange);
  }
  #withoutCase(exchange) {
    const { request } = exchange;
    if (request.method === "REGISTER") {
      this.#options.availability.registered(request);
      return exchange.respond(respondTo(request, 200));
    }
    const leg = this.#legOf(request);
    if (leg === void 0) return exchange.respond(respondTo(request, request.toTag === void 0 ? 404 : 481));
    leg.session.receive(leg.side, exchange);
  }
  async #invite(exchange) {
    const { policy, availability } = this.#options;
    const refusal2 = await policy.evaluate(exchange, "session");
    if (refusal2 !== void 0) return exchange.respond(refusal2);
    if (exchange.sessionCase === "originating" && this.#isOurs(exchange.request)) return this.#handBack(exchange);
    if (exchange.sessionCase === "terminating" && !availability.isAvailable(exchange.servedUser ?? "")) return exchange.respond(respondTo(exchange.request, 480));
    this.#begin(exchange);
  }
  #begin(exchange) {
    const { request } = exchange;
    if (this.#legs.size >= 2 * MAX_SESSIONS) return exchange.respond(respondTo(request, 503, { headers: [["Retry-After", "10"]] }));
    if (request.contentType?.type !== "application/sdp") return exchange.respond(respondTo(request, 415, { headers: [["Accept", "application/sdp"]] }));
    const { random, metrics } = this.#options;
    const legs = { caller: newTag(random), callee: newTag(random) };
    const users = { caller: assertedIdentity(request) ?? aorOfFrom(request), callee: exchange.servedUser ?? aorOf(request.parsedUri) };
    const session = new ImSession(exchange, users, legs, this.#options, () => {
      this.#legs.delete(legs.caller);
      this.#legs.delete(legs.callee);
      metrics.gauge("im_sessions_active", this.#legs.size / 2);
    });
    this.#legs.set(legs.caller, { session, side: "caller" });
    this.#legs.set(legs.callee, { session, side: "callee" });
    metrics.gauge("im_sessions_active", this.#legs.size / 2);
    session.start();
  }
  /** The core goes on from where it handed over; every answer passes unchanged. */
  #handBack(exchange) {
    const outgoing = this.#options.core.request(exchange.request, exchange.originalDialog, {
      response: (response2) => exchange.respond(response2),
      failed: (error) => exchange.respond(respondTo(exchange.request, error.status ?? 500))
    });
    exchange.onCancelled = () => outgoing.cancel();
  }
  #isOurs(request) {
    const uri2 = request.parsedUri;
    return isSipUri(uri2) && uri2.host.toLowerCase() === this.#options.domain;
  }
  /** The leg whose name is in the Request-URI: `sip:im-server.NAME@...`. */
  #legOf(request) {
    const uri2 = request.parsedUri;
    const name = isSipUri(uri2) ? uri2.user?.split(".")[1] : void 0;
    return name === void 0 ? void 0 : this.#legs.get(name);
  }
  #fail(exchange, error) {
    if (!ProtocolError.is(error)) this.#options.log.error({ err: error, method: exchange.request.method }, "the IM server failed");
    const status2 = ProtocolError.is(error) ? error.status ?? 400 : 500;
    exchange.respond(respondTo(exchange.request, status2));
  }
};
function aorOfFrom(request) {
  return request.from === void 0 ? "" : aorOf(request.from.uri);
}

// examples/im-server/src/sip-core/authentication.ts
var Authentication = class {
  #options;
  #digest;
  #provisioned;
  constructor(options2) {
    this.#options = options2;
    this.#digest = new DigestServer({ hash: options2.hash, realm: options2.own.domain, key: options2.key, random: options2.random });
    this.#provisioned = new Set([...options2.users.values()].map((user3) => user3.aor));
  }
  /** Whether we have such a user; without authentication everybody in our domain is one. */
  isProvisioned(aor) {
    return this.#options.mode === "none" || this.#provisioned.has(aor);
  }
  /** `now`: milliseconds of the wall clock. */
  identify(request, now) {
    const from = request.from?.uri;
    if (from === void 0) return { ok: false, response: respondTo(request, 400, { reason: "Missing From" }) };
    if (request.method !== "REGISTER" && !this.#options.own.isOurDomain(from)) return { ok: true, aor: void 0 };
    const aor = aorOf(from);
    if (this.#options.mode === "none") return { ok: true, aor };
    return this.#authenticate(request, aor, now);
  }
  #authenticate(request, from, now) {
    const isRegister = request.method === "REGISTER";
    const credentials2 = this.#digest.credentials(request.headers.all(isRegister ? "Authorization" : "Proxy-Authorization"));
    if (credentials2 === void 0) return this.#challenge(request, now, false);
    const user3 = this.#options.users.get(credentials2.username);
    const verdict = this.#digest.verify(credentials2, user3?.secret, { method: request.method, body: request.body, matchesUri: (uri2) => namesRequest(uri2, request) }, now);
    if (!verdict.ok) return this.#refuse(request, verdict.reason, now);
    if (user3 === void 0 || user3.aor !== from) return this.#forbid(request, user3?.aor);
    return { ok: true, aor: user3.aor };
  }
  #refuse(request, reason, now) {
    if (reason === "stale") return this.#challenge(request, now, true);
    this.#options.metrics.count("sip_authentication_failures_total", { reason });
    if (reason === "uri") return { ok: false, response: respondTo(request, 400, { reason: "Digest uri is not the Request-URI" }) };
    return this.#challenge(request, now, false);
  }
  #forbid(request, aor) {
    this.#options.metrics.count("sip_authentication_failures_total", { reason: "from" });
    this.#options.log.warn({ user: aor, method: request.method }, "From is not the authenticated user");
    return { ok: false, response: respondTo(request, 403, { reason: "From is not the authenticated user" }) };
  }
  #challenge(request, now, stale) {
    const isRegister = request.method === "REGISTER";
    const field = isRegister ? "WWW-Authenticate" : "Proxy-Authenticate";
    const headers2 = this.#digest.challenges(now, stale).map((challenge) => [field, challenge]);
    return { ok: false, response: respondTo(request, isRegister ? 401 : 407, { headers: headers2 }) };
  }
};
function namesRequest(uri2, request) {
  if (uri2 === request.uri) return true;
  const given = parseUri(uri2);
  const target = request.parsedUri;
  return isSipUri(given) && isSipUri(target) && (uriEquals(given, target) || aorOf(given) === aorOf(target));
}

// examples/im-server/src/sip-core/handovers.ts
import { randomBytes } from "node:crypto";
var MAX_HANDOVERS = 5e4;
var Handovers = class {
  #open = /* @__PURE__ */ new Map();
  get isFull() {
    return this.#open.size >= MAX_HANDOVERS;
  }
  get size() {
    return this.#open.size;
  }
  add(handover) {
    const identifier = randomBytes(12).toString("base64url");
    this.#open.set(identifier, handover);
    return identifier;
  }
  find(identifier) {
    return this.#open.get(identifier);
  }
  /** The request was answered for good. */
  remove(identifier) {
    this.#open.delete(identifier);
  }
};

// examples/im-server/src/sip-core/identity.ts
function removeUntrusted(request) {
  for (const name of ["P-Asserted-Identity", "P-Preferred-Identity", "P-Served-User"]) request.headers.delete(name);
}
function assertIdentity(request, aor) {
  request.headers.set("P-Asserted-Identity", formatNameAddr({ ...displayName2(request.from), uri: aor }));
}
function removeCredentials(request) {
  request.headers.delete("Proxy-Authorization");
  request.headers.delete("Authorization");
}
function isPrivate(request) {
  return request.headers.all("Privacy").some((value) => value.split(";").some((priv) => priv.trim().toLowerCase() === "id"));
}
function displayName2(from) {
  return from?.displayName === void 0 ? {} : { displayName: from.displayName };
}

// examples/im-server/src/sip-core/location.ts
async function activeBindings(store, aor, now) {
  const { bindings } = await store.load(aor);
  return bindings.filter((binding2) => binding2.expiresAt > now).sort((a, b) => b.q - a.q);
}

// examples/im-server/src/sip-core/loop-detection.ts
import { createHash as createHash2 } from "node:crypto";
var SEPARATOR = "L";
function loopMark(request, node) {
  const fields2 = [node, request.uri, ...request.headers.all("Route")];
  return SEPARATOR + createHash2("sha256").update(fields2.join("\n")).digest("hex").slice(0, 24);
}
function isLooping(request, mark) {
  return request.vias.some((via) => via.branch?.endsWith(mark) === true);
}

// examples/im-server/src/sip-core/route-processing.ts
function takeOwnRoutes(request, own, tokens) {
  restoreStrictRoute(request, own, tokens);
  let token6;
  for (let route = request.routes[0]; route !== void 0; route = request.routes[0]) {
    const uri2 = route.uri;
    const isDomain = isSipUri(uri2) && uri2.user === void 0 && own.isOurDomain(uri2);
    if (!isDomain && !own.isOurs(uri2)) break;
    if (isSipUri(uri2) && uri2.user !== void 0) token6 = tokens.readRoute(request.callId ?? "", uri2.user) ?? token6;
    request.headers.removeFirst("Route");
  }
  return { token: token6, next: (from) => token6 === void 0 ? void 0 : otherSide(token6, from) };
}
function restoreStrictRoute(request, own, tokens) {
  const uri2 = request.parsedUri;
  if (!own.isOurs(uri2) || uri2.user === void 0 || tokens.readRoute(request.callId ?? "", uri2.user) === void 0) return;
  const routes = request.headers.list("Route");
  const last = routes.pop();
  if (last === void 0) return;
  request.headers.set("Route", [`<${uri2.text}>`, ...routes]);
  request.uri = parseNameAddr(last).uriText;
}
function otherSide(token6, from) {
  if (from === void 0) return token6.caller ?? token6.callee;
  return isSameFlow(token6.caller, from) ? token6.callee : token6.caller;
}
function isSameFlow(reference2, flow) {
  if (reference2 === void 0) return false;
  if (reference2.id === flow.id) return true;
  return !flow.reliable && reference2.transport === flow.transport && reference2.host === flow.remote.host && reference2.port === flow.remote.port;
}

// examples/im-server/src/sip-core/service-routing.ts
var IM_FEATURE_TAG = "+g.oma.sip-im";
function isImService(request) {
  if (request.method === "MESSAGE") return true;
  return request.method === "INVITE" && (namesImFeature(request) || offersMsrp(request));
}
function namesImFeature(request) {
  return [...request.headers.all("Accept-Contact"), ...request.headers.all("Contact")].some(
    (value) => value.split(/[;,]/).some((parameter2) => parameter2.split("=")[0]?.trim().toLowerCase() === IM_FEATURE_TAG)
  );
}
function offersMsrp(request) {
  const type = request.contentType?.type;
  if (type !== "application/sdp" && type?.startsWith("multipart/") !== true) return false;
  return /(^|[\r\n])m=message /.test(byteString(request.body));
}

// examples/im-server/src/sip-core/third-party-registration.ts
function thirdPartyRegister(registration, random) {
  const original = registration.original.clone();
  for (const name of ["Authorization", "Proxy-Authorization"]) original.headers.delete(name);
  return buildRequest({
    method: "REGISTER",
    uri: registration.imServer,
    from: `<${registration.core}>;tag=${newTag(random)}`,
    to: `<${registration.aor}>`,
    callId: newTag(random) + newTag(random),
    cseq: 1,
    headers: [
      ["Contact", `<${registration.core}>`],
      ["Expires", String(registration.expires)]
    ],
    contentType: "message/sip",
    body: encode(original)
  });
}

// examples/im-server/src/sip-core/core.ts
var IM_SERVER = "im-server";
var SipCore = class {
  #options;
  #handovers = new Handovers();
  #im;
  constructor(options2) {
    this.#options = options2;
  }
  /** Completes IM-2; to be called once, before the first request. */
  attach(im) {
    this.#im = im;
  }
  // From the wire (IM-1, IP-1)
  /** A request that begins a server transaction. */
  receive(incoming) {
    this.#receive(incoming).catch((error) => this.#fail(incoming, error));
  }
  /** An ACK to a 2xx: for the IM server, or on its way along the route set of a dialog. */
  receiveAck(request, flow) {
    const route = takeOwnRoutes(request, this.#options.own, this.#options.tokens);
    if (this.#isForImServer(request)) this.#im?.ack(request);
    else if (route.token !== void 0) void this.#options.forwarder.forwardAck(request, route.next(flow));
  }
  async #receive(incoming) {
    const { request, flow } = incoming;
    const { own, tokens, metrics, authentication } = this.#options;
    metrics.count("sip_requests_total", { method: methodLabel(request.method) });
    const exchange = this.#exchange(incoming);
    const refusal2 = this.#refusal(request, exchange.loopMark);
    if (refusal2 !== void 0) return exchange.respond(refusal2);
    const route = takeOwnRoutes(request, own, tokens);
    if (route.token !== void 0 && request.toTag !== void 0) return this.#withinDialog(exchange, route.next(flow));
    removeUntrusted(request);
    const who = authentication.identify(request, this.#options.clock.date().getTime());
    if (!who.ok) return exchange.respond(who.response);
    removeCredentials(request);
    if (request.method === "REGISTER") return this.#register(exchange, flow, who.aor);
    if (who.aor !== void 0) assertIdentity(request, who.aor);
    if (this.#isForImServer(request)) return this.#toImServer(exchange, void 0);
    await this.#route(exchange, who.aor);
  }
  #exchange(incoming) {
    return {
      request: incoming.request,
      caller: reference(incoming.flow),
      loopMark: loopMark(incoming.request, this.#options.node),
      respond: (response2) => this.#respond(incoming, response2),
      onCancel: (cancel) => {
        incoming.onCancelled = cancel;
      }
    };
  }
  /** Answers of our own get their To tag here (RFC 3261 §8.2.6.2); those of others have one. */
  #respond(incoming, response2) {
    if (response2.status > 100 && response2.toTag === void 0) response2.headers.set("To", `${response2.headers.get("To") ?? ""};tag=${newTag(this.#options.random)}`);
    if (response2.status >= 200) this.#options.metrics.count("sip_responses_total", { class: `${Math.floor(response2.status / 100)}xx` });
    incoming.respond(response2);
  }
  /** What a proxy answers by itself (RFC 3261 §16.3, RFC 5393 §4.2.2); undefined to go on. */
  #refusal(request, mark) {
    if (request.method === "OPTIONS" && this.#isForCore(request)) return respondTo(request, 200, { headers: [["Allow", ALLOW2]] });
    if (request.maxForwards === 0) return respondTo(request, 483);
    if (isLooping(request, mark)) return respondTo(request, 482);
    const unknown = request.proxyRequire();
    return unknown.length === 0 ? void 0 : respondTo(request, 420, { headers: [["Unsupported", unknown.join(", ")]] });
  }
  /** The originating services of our user, then the way to the recipient. */
  async #route(exchange, sender) {
    const { request } = exchange;
    const inDomain = this.#options.own.isOurDomain(request.parsedUri);
    if (sender === void 0 && !inDomain) return exchange.respond(respondTo(request, 403, { reason: "Relaying denied" }));
    this.#options.forwarder.recordRoute(request, exchange.caller);
    if (sender !== void 0 && isImService(request)) return this.#toImServer(exchange, { sessionCase: "originating", servedUser: sender });
    await this.#toRecipient(exchange);
  }
  /** The terminating services of our user, or the way out of our domain. */
  async #toRecipient(exchange) {
    const { request } = exchange;
    const uri2 = request.parsedUri;
    if (!this.#options.own.isOurDomain(uri2)) return this.#options.forwarder.forwardOut(exchange);
    const aor = aorOf(uri2);
    if (!this.#options.authentication.isProvisioned(aor)) return exchange.respond(respondTo(request, 404));
    if (isImService(request)) return this.#toImServer(exchange, { sessionCase: "terminating", servedUser: aor });
    await this.#toContacts(exchange, aor);
  }
  /** RFC 3261 §16.5: the bindings are the targets, better q first. */
  async #toContacts(exchange, aor) {
    const bindings = await activeBindings(this.#options.location, aor, this.#options.clock.date().getTime());
    if (bindings.length === 0) return exchange.respond(respondTo(exchange.request, 480));
    await this.#options.forwarder.forwardToBindings(exchange, bindings);
  }
  async #withinDialog(exchange, next) {
    removeUntrusted(exchange.request);
    if (this.#isForImServer(exchange.request)) return this.#toImServer(exchange, void 0);
    await this.#options.forwarder.forwardWithinDialog(exchange, next);
  }
  async #register(exchange, flow, sender) {
    const { request } = exchange;
    const { own, tokens, registrar, clock, metrics } = this.#options;
    const to2 = request.to;
    if (to2 === void 0 || !own.isOurDomain(request.parsedUri) || !own.isOurDomain(to2.uri)) return exchange.respond(respondTo(request, 404));
    const aor = aorOf(to2.uri);
    if (aor !== sender) return exchange.respond(respondTo(request, 403));
    const path2 = [`<${own.uri(tokens.path(reference(flow)), flow.transport, ";lr")}>`, ...request.headers.list("Path")];
    const now = clock.date().getTime();
    const result = await registrar.register(request, aor, path2, now);
    if (result.bindings !== void 0) {
      metrics.count("sip_registrations_total");
      const latest = Math.max(now, ...result.bindings.map((binding2) => binding2.expiresAt));
      this.#tellImServer(request, aor, Math.ceil((latest - now) / 1e3));
    }
    exchange.respond(result.response);
  }
  #tellImServer(original, aor, expires) {
    const { own, random } = this.#options;
    const request = thirdPartyRegister({ aor, expires, original, core: `sip:${own.domain}`, imServer: this.contactUri("") }, random);
    this.#im?.receive({ request, sessionCase: void 0, servedUser: void 0, originalDialog: void 0, respond: () => {
    }, onCancelled: void 0 });
  }
  // Over IM-2
  request(request, originalDialog, handlers) {
    const handover = originalDialog === void 0 ? void 0 : this.#handovers.find(originalDialog);
    let cancelled;
    const exchange = {
      request,
      caller: handover?.caller,
      loopMark: handover?.loopMark ?? loopMark(request, this.#options.node),
      respond: handlers.response,
      onCancel: (cancel) => {
        cancelled = cancel;
      }
    };
    this.#fromImServer(exchange, handover).catch((error) => this.#answerFailure(exchange, error));
    return { cancel: () => cancelled?.() };
  }
  async #fromImServer(exchange, handover) {
    const { own, tokens, forwarder } = this.#options;
    const route = takeOwnRoutes(exchange.request, own, tokens);
    if (handover === void 0 && route.token !== void 0) return forwarder.forwardWithinDialog(exchange, route.next(void 0));
    forwarder.recordRoute(exchange.request, void 0);
    if (handover?.sessionCase === "terminating") return this.#toContacts(exchange, handover.servedUser);
    return this.#toRecipient(exchange);
  }
  ack(request) {
    const route = takeOwnRoutes(request, this.#options.own, this.#options.tokens);
    void this.#options.forwarder.forwardAck(request, route.next(void 0));
  }
  contactUri(leg) {
    return this.#options.own.uri(leg === "" ? IM_SERVER : `${IM_SERVER}.${leg}`, "TCP");
  }
  #toImServer(exchange, served) {
    if (this.#handovers.isFull) return exchange.respond(respondTo(exchange.request, 503, { headers: [["Retry-After", "5"]] }));
    const originalDialog = served === void 0 ? void 0 : this.#handovers.add({ ...served, caller: exchange.caller, loopMark: exchange.loopMark });
    const toServer = {
      request: exchange.request,
      sessionCase: served?.sessionCase,
      servedUser: served?.servedUser,
      originalDialog,
      onCancelled: void 0,
      respond: (response2) => {
        if (response2.status >= 200 && originalDialog !== void 0) this.#handovers.remove(originalDialog);
        exchange.respond(response2);
      }
    };
    exchange.onCancel(() => toServer.onCancelled?.());
    this.#im?.receive(toServer);
  }
  #isForImServer(request) {
    const uri2 = request.parsedUri;
    return this.#options.own.isOurs(uri2) && (uri2.user === IM_SERVER || uri2.user?.startsWith(`${IM_SERVER}.`) === true);
  }
  #isForCore(request) {
    const uri2 = request.parsedUri;
    return (uri2.scheme === "sip" || uri2.scheme === "sips") && uri2.user === void 0 && (this.#options.own.isOurs(uri2) || this.#options.own.isOurDomain(uri2));
  }
  #fail(incoming, error) {
    if (incoming.answered) this.#options.log.error({ err: error, method: incoming.request.method }, "a request failed after its answer");
    else this.#answerFailure({ request: incoming.request, respond: (response2) => this.#respond(incoming, response2) }, error);
  }
  /** A peer's mistake is answered as its error says; anything else is ours: 500, and the log says why. */
  #answerFailure(exchange, error) {
    if (ProtocolError.is(error) && error.status !== void 0) return exchange.respond(respondTo(exchange.request, error.status));
    this.#options.log.error({ err: error, method: exchange.request.method }, "a request could not be served");
    exchange.respond(respondTo(exchange.request, 500));
  }
};
var ALLOW2 = "INVITE, ACK, CANCEL, BYE, MESSAGE, OPTIONS, REGISTER";
function methodLabel(method2) {
  return ALLOW2.split(", ").includes(method2) ? method2 : "other";
}
function reference(flow) {
  return { id: flow.id, transport: flow.transport, host: flow.remote.host, port: flow.remote.port };
}

// examples/im-server/src/sip-core/response-context.ts
var RESUBMISSION = [401, 407, 415, 420, 484];
var ResponseContext = class {
  #request;
  #finals = [];
  constructor(request) {
    this.#request = request;
  }
  /** Keeps a final response other than 2xx as a candidate. */
  add(response2) {
    this.#finals.push(response2);
  }
  /** True when no further branch may be tried: somebody refused for the user as a whole (§16.7 step 5). */
  get hasGlobalFailure() {
    return this.#finals.some((response2) => response2.status >= 600);
  }
  /** The best of what came, or what to say when nothing came: `silence`, never a 408 to a non-INVITE (RFC 4320 §4.2). */
  best(silence) {
    const best = this.#choose();
    if (best === void 0) return respondTo(this.#request, silence);
    if (best.status === 503) return respondTo(this.#request, 500);
    if (best.status === 401 || best.status === 407) this.#aggregateChallenges(best);
    return best;
  }
  #choose() {
    const rank = (response2) => response2.status >= 600 ? 0 : Math.floor(response2.status / 100);
    const lowest = Math.min(...this.#finals.map(rank));
    const candidates = this.#finals.filter((response2) => rank(response2) === lowest);
    return candidates.find((response2) => RESUBMISSION.includes(response2.status)) ?? candidates.find((response2) => response2.status !== 503) ?? candidates[0];
  }
  /** The caller must see every challenge of every branch (§16.7 step 7). */
  #aggregateChallenges(best) {
    for (const other of this.#finals) {
      if (other === best || other.status !== 401 && other.status !== 407) continue;
      for (const name of ["WWW-Authenticate", "Proxy-Authenticate"]) for (const value of other.headers.all(name)) best.headers.add(name, value);
    }
  }
};

// examples/im-server/src/sip-core/proxy.ts
var TIMER_C = 181e3;
var ProxyExchange = class {
  #request;
  #respond;
  #options;
  #context;
  #pending = /* @__PURE__ */ new Set();
  #groups;
  #answered = false;
  #cancelled = false;
  #timer;
  /** What to say if nobody says anything: 408 for an INVITE that rang unanswered, 480 where nobody was there. */
  #silence = 480;
  constructor(request, respond, groups, options2) {
    this.#request = request;
    this.#respond = respond;
    this.#groups = groups;
    this.#options = options2;
    this.#context = new ResponseContext(request);
    this.#startTimer();
    this.#nextGroup();
  }
  /** §16.10: every pending branch is cancelled; the caller then gets the best of their answers, usually 487. */
  cancel() {
    if (this.#answered || this.#request.method !== "INVITE") return;
    this.#cancelled = true;
    this.#cancelPending();
  }
  #startTimer() {
    this.#timer?.cancel();
    this.#timer = this.#request.method === "INVITE" ? this.#options.clock.setTimer(TIMER_C, () => this.#onTimerC()) : this.#options.clock.setTimer(this.#options.pagerTimeout, () => this.#onSilence());
  }
  /** §16.8: a branch that rang is cancelled; one that never answered fails by its own Timer B before this. */
  #onTimerC() {
    this.#silence = 408;
    this.cancel();
  }
  /** Before the sender's Timer F: later answers of the contacts have nobody left to go to. */
  #onSilence() {
    this.#groups = [];
    this.#finish();
  }
  #nextGroup() {
    const [group, ...rest] = this.#groups;
    this.#groups = rest;
    if (group === void 0 || this.#cancelled || this.#context.hasGlobalFailure) return this.#finish();
    const { endpoint, loopMark: loopMark2 } = this.#options;
    for (const branch of group) {
      const outgoing = endpoint.request(branch.request, branch.to, {
        response: (response2) => this.#onResponse(outgoing, response2),
        failed: (error) => this.#onFailed(outgoing, error)
      }, { branchSuffix: loopMark2 });
      this.#pending.add(outgoing);
    }
  }
  #onResponse(outgoing, response2) {
    response2.headers.removeFirst("Via");
    if (!response2.headers.has("Via") && this.#request.headers.has("Via")) return;
    if (response2.status < 200) return this.#onProvisional(response2);
    this.#pending.delete(outgoing);
    if (response2.status < 300) return this.#onSuccess(response2);
    if (this.#answered) return;
    this.#context.add(response2);
    if (response2.status >= 600) this.#cancelPending();
    if (this.#pending.size === 0) this.#nextGroup();
  }
  #onProvisional(response2) {
    if (response2.status === 100 || this.#answered) return;
    if (this.#request.method === "INVITE") this.#startTimer();
    this.#respond(response2);
  }
  /** Every 2xx to an INVITE goes on, however many come (§16.7 step 5); the other branches are cancelled (step 10). */
  #onSuccess(response2) {
    if (this.#answered && this.#request.method !== "INVITE") return;
    this.#answered = true;
    this.#timer?.cancel();
    this.#groups = [];
    this.#respond(response2);
    this.#cancelPending();
  }
  #onFailed(outgoing, error) {
    this.#pending.delete(outgoing);
    if (error.code === "SIP_TIMEOUT" && this.#request.method === "INVITE") this.#silence = 408;
    if (!this.#answered && this.#pending.size === 0) this.#nextGroup();
  }
  #cancelPending() {
    if (this.#request.method !== "INVITE") return;
    for (const outgoing of this.#pending) outgoing.cancel();
  }
  #finish() {
    if (this.#answered) return;
    this.#answered = true;
    this.#timer?.cancel();
    this.#respond(this.#cancelled && this.#silence !== 408 ? respondTo(this.#request, 487) : this.#context.best(this.#silence));
  }
};

// examples/im-server/src/sip-core/forwarder.ts
var DEFAULT_MAX_FORWARDS = 70;
var DIALOG_FORMING = ["INVITE", "SUBSCRIBE", "REFER"];
var Forwarder = class {
  #options;
  constructor(options2) {
    this.#options = options2;
  }
  /** Puts our Record-Route on top, sealed for this dialog; `caller` is the flow the request came over. */
  recordRoute(request, caller) {
    if (!DIALOG_FORMING.includes(request.method) || request.toTag !== void 0 || this.#ownRecordRoute(request) !== void 0) return;
    request.headers.prepend("Record-Route", this.#recordRouteValue(request, caller, void 0, caller?.transport ?? "TCP"));
  }
  /** To the bindings of a user: those of equal q at once, the others when these have failed. */
  async forwardToBindings(exchange, bindings) {
    const groups = [];
    let q;
    for (const binding2 of bindings) {
      const branch = await this.#branchTo(exchange, binding2);
      if (branch === void 0) continue;
      if (binding2.q !== q) groups.push([]);
      q = binding2.q;
      groups.at(-1)?.push(branch);
    }
    this.#proxy(exchange, groups);
  }
  /** To a recipient in somebody else's domain (IP-1). */
  async forwardOut(exchange) {
    const request = this.#copy(exchange.request);
    if (isPrivate(request)) request.headers.delete("P-Asserted-Identity");
    const to2 = await this.#targetOf(request);
    if (to2 === void 0) return exchange.respond(respondTo(exchange.request, 480));
    this.#nameCallee(request, exchange.caller, void 0, to2.transport);
    this.#proxy(exchange, [[{ request, to: to2 }]]);
  }
  /** Along the route set of a dialog: over the flow its token names, else by Route and Request-URI. */
  async forwardWithinDialog(exchange, next) {
    const request = this.#copy(exchange.request);
    const to2 = (next === void 0 ? void 0 : this.#reach(next)) ?? await this.#targetOf(request);
    if (to2 === void 0) return exchange.respond(respondTo(exchange.request, next === void 0 ? 404 : 430, next === void 0 ? {} : { reason: "Flow Failed" }));
    this.#proxy(exchange, [[{ request, to: to2 }]]);
  }
  /** An ACK to a 2xx is forwarded like a request and never answered. */
  async forwardAck(request, next) {
    if (request.maxForwards === 0) return;
    try {
      const copy = this.#copy(request);
      const to2 = (next === void 0 ? void 0 : this.#reach(next)) ?? await this.#targetOf(copy);
      if (to2 === void 0) return;
      const { endpoint, random } = this.#options;
      const flow = endpoint.flowTo(to2);
      copy.headers.prepend("Via", viaFor(flow, newBranch(random)));
      endpoint.send(copy, flow);
    } catch (error) {
      this.#options.log.debug({ err: error }, "an ACK could not be forwarded");
    }
  }
  #proxy(exchange, groups) {
    const { endpoint, clock, pagerTimeout } = this.#options;
    const proxied = new ProxyExchange(exchange.request, (response2) => exchange.respond(response2), groups, { endpoint, clock, pagerTimeout, loopMark: exchange.loopMark });
    exchange.onCancel(() => proxied.cancel());
  }
  /** One copy for one binding; undefined when its flow is gone or its address leads nowhere. */
  async #branchTo(exchange, binding2) {
    const request = this.#copy(exchange.request);
    request.uri = binding2.contact;
    const [first2, ...routes] = binding2.path;
    if (routes.length > 0) request.headers.set("Route", routes);
    const flow = first2 === void 0 ? void 0 : this.#flowOfPath(first2);
    const to2 = flow === void 0 ? await this.#targetOf(request) : this.#reach(flow);
    if (to2 === void 0) return void 0;
    this.#nameCallee(request, exchange.caller, flow, to2.transport);
    return { request, to: to2 };
  }
  #flowOfPath(path2) {
    const uri2 = parseNameAddr(path2).uri;
    return isSipUri(uri2) && uri2.user !== void 0 && this.#options.own.isOurs(uri2) ? this.#options.tokens.readPath(uri2.user)?.flow : void 0;
  }
  /** A connection must still be there; a UDP peer is reached by its address. */
  #reach(flow) {
    const open = this.#options.endpoint.flow(flow.id);
    if (open !== void 0) return open;
    return flow.transport === "UDP" ? { transport: "UDP", address: { host: flow.host, port: flow.port } } : void 0;
  }
  /** By the topmost Route, else the Request-URI (RFC 3261 §16.6 step 7). */
  async #targetOf(request) {
    try {
      return await this.#options.endpoint.resolve(request.routes[0]?.uriText ?? request.uri);
    } catch (error) {
      this.#options.log.debug({ err: error }, "a target could not be resolved");
      return void 0;
    }
  }
  #copy(request) {
    const copy = request.clone();
    copy.headers.set("Max-Forwards", String((request.maxForwards ?? DEFAULT_MAX_FORWARDS + 1) - 1));
    return copy;
  }
  /** Completes our Record-Route with the callee's side; two values where the transports differ (RFC 5658 §3.2). */
  #nameCallee(request, caller, callee, transport2) {
    if (this.#ownRecordRoute(request) === void 0) return;
    request.headers.removeFirst("Record-Route");
    if (caller !== void 0 && caller.transport !== transport2) request.headers.prepend("Record-Route", this.#recordRouteValue(request, caller, callee, caller.transport));
    request.headers.prepend("Record-Route", this.#recordRouteValue(request, caller, callee, transport2));
  }
  #recordRouteValue(request, caller, callee, transport2) {
    const { own, tokens } = this.#options;
    return `<${own.uri(tokens.route(request.callId ?? "", caller, callee), transport2, ";lr")}>`;
  }
  /** The topmost Record-Route, if we wrote it for this dialog. */
  #ownRecordRoute(request) {
    const uri2 = request.recordRoutes[0]?.uri;
    if (uri2 === void 0 || !isSipUri(uri2) || uri2.user === void 0) return void 0;
    return this.#options.tokens.readRoute(request.callId ?? "", uri2.user) === void 0 ? void 0 : uri2.text;
  }
};

// examples/im-server/src/sip-core/own-addresses.ts
var DEFAULT_PORT = 5060;
var OwnAddresses = class {
  domain;
  #addresses;
  /** At least one address. */
  constructor(domain, addresses) {
    this.domain = domain;
    this.#addresses = addresses;
  }
  /** The address to tell a peer of ours on this transport. */
  on(transport2) {
    return this.#addresses.find((address2) => address2.transport === transport2) ?? this.#addresses[0];
  }
  /** A URI of ours with `user` in front, for Path, Record-Route and Contact. */
  uri(user3, transport2, parameters = "") {
    const { host: host4, port: port4, transport: bound } = this.on(transport2);
    return `sip:${user3}@${host4.includes(":") ? `[${host4}]` : host4}:${port4};transport=${bound.toLowerCase()}${parameters}`;
  }
  /** Whether a Route or a Request-URI names one of our sockets. */
  isOurs(uri2) {
    if (uri2.scheme !== "sip") return false;
    const transport2 = uri2.params.get("transport")?.toUpperCase();
    const host4 = canonicalHost(uri2.host).replace(/^\[|\]$/g, "");
    return this.#addresses.some((own) => canonicalHost(own.host) === host4 && own.port === (uri2.port ?? DEFAULT_PORT) && (transport2 === void 0 || transport2 === own.transport));
  }
  /** Whether the URI is in the domain we serve. */
  isOurDomain(uri2) {
    if (uri2.scheme === "im" || uri2.scheme === "pres") return canonicalHost(uri2.host) === this.domain;
    return (uri2.scheme === "sip" || uri2.scheme === "sips") && canonicalHost(uri2.host) === this.domain;
  }
};

// examples/im-server/src/sip-core/registrar.ts
var registrarLimits = { minExpires: 60, maxExpires: 7200, defaultExpires: 3600, maxContacts: 16 };
var SAVE_ATTEMPTS = 5;
var Registrar = class {
  #store;
  #limits;
  constructor(store, limits = registrarLimits) {
    this.#store = store;
    this.#limits = limits;
  }
  /**
   * Handles an authenticated and authorised REGISTER for `aor`. `path` is the Path as it reached us, ours first.
   * `now` is the wall clock in milliseconds.
   */
  async register(request, aor, path2, now) {
    for (let attempt2 = 0; attempt2 < SAVE_ATTEMPTS; attempt2++) {
      const { version, bindings } = await this.#store.load(aor);
      const active = bindings.filter((binding2) => binding2.expiresAt > now);
      const next = this.#apply(request, active, path2, now);
      if (!Array.isArray(next)) return { response: refuse(request, next) };
      const changed = request.contacts.length > 0;
      if (!changed || await this.#store.save(aor, version, next)) return { response: confirm(request, next, now), bindings: next };
    }
    return { response: respondTo(request, 500, { headers: [["Retry-After", "1"]] }) };
  }
  /** The bindings after the request, or why it is refused: §10.3 steps 6 and 7, all or nothing. */
  #apply(request, active, path2, now) {
    const contacts = request.contacts;
    const wildcard = contacts.find((contact) => contact.wildcardContact);
    if (wildcard !== void 0) {
      if (contacts.length > 1 || request.expires !== 0) return { status: 400, reason: "Contact * needs Expires: 0 and no other Contact" };
      return removeAll(request, active);
    }
    let next = active;
    for (const contact of contacts) {
      const updated = this.#applyContact(request, contact, next, path2, now);
      if (!Array.isArray(updated)) return updated;
      next = updated;
    }
    if (next.length > this.#limits.maxContacts) return { status: 403, reason: `At most ${this.#limits.maxContacts} contacts` };
    return next;
  }
  #applyContact(request, contact, bindings, path2, now) {
    const asked2 = contact.expires ?? request.expires ?? this.#limits.defaultExpires;
    if (asked2 > 0 && asked2 < this.#limits.minExpires) return { status: 423, headers: [["Min-Expires", String(this.#limits.minExpires)]] };
    const lifetime = Math.min(asked2, this.#limits.maxExpires);
    const made = binding(request, contact, path2, now + lifetime * 1e3);
    const index = bindings.findIndex((existing2) => isSameContact(existing2, made));
    const existing = bindings[index];
    if (existing !== void 0 && existing.callId === made.callId && made.cseq <= existing.cseq) return { status: 400, reason: "CSeq is not higher than that of the binding" };
    if (lifetime === 0) return bindings.filter((_, at) => at !== index);
    return existing === void 0 ? [...bindings, made] : bindings.map((kept, at) => at === index ? made : kept);
  }
};
function removeAll(request, active) {
  const late = active.some((existing) => existing.callId === request.callId && (request.cseq?.number ?? 0) <= existing.cseq);
  return late ? { status: 400, reason: "CSeq is not higher than that of the binding" } : [];
}
function binding(request, contact, path2, expiresAt) {
  const instance = contact.params.get("+sip.instance");
  const regId = contact.params.get("reg-id");
  const parameters = [...contact.params.entries()].filter(([name]) => !["q", "expires"].includes(name.toLowerCase())).map(([name, value]) => value === void 0 ? `;${name}` : `;${name}=${value}`);
  return {
    contact: contact.uriText,
    parameters: parameters.join(""),
    q: contact.q ?? 1,
    expiresAt,
    callId: request.callId ?? "",
    cseq: request.cseq?.number ?? 0,
    ...instance === void 0 ? {} : { instance },
    ...regId === void 0 ? {} : { regId },
    path: path2
  };
}
function isSameContact(a, b) {
  if (a.instance !== void 0 && a.regId !== void 0 && a.instance === b.instance && a.regId === b.regId) return true;
  return uriEquals(parseUri(a.contact), parseUri(b.contact));
}
function refuse(request, refusal2) {
  return respondTo(request, refusal2.status, {
    ...refusal2.reason === void 0 ? {} : { reason: refusal2.reason },
    ...refusal2.headers === void 0 ? {} : { headers: refusal2.headers }
  });
}
function confirm(request, bindings, now) {
  const headers2 = bindings.map((one) => ["Contact", `<${one.contact}>${one.parameters};q=${one.q};expires=${Math.ceil((one.expiresAt - now) / 1e3)}`]);
  if (request.supported().includes("path")) for (const path2 of request.headers.all("Path")) headers2.push(["Path", path2]);
  headers2.push(["Date", new Date(now).toUTCString()]);
  return respondTo(request, 200, { headers: headers2 });
}

// examples/im-server/src/sip-core/tokens.ts
import { createHmac, timingSafeEqual } from "node:crypto";
var MAC_OCTETS = 12;
var Tokens = class {
  #key;
  #node;
  /** `key`: at least 16 octets, the same on every node that shares users. `node`: our name among them. */
  constructor(key, node) {
    this.#key = key;
    this.#node = node;
  }
  path(flow) {
    return this.#seal("p", "", [this.#node, ...write2(flow)]);
  }
  /** Undefined for a token we did not write. */
  readPath(token6) {
    const fields2 = this.#open("p", "", token6);
    const flow = fields2 === void 0 ? void 0 : read2(fields2.slice(1));
    return fields2?.[0] === void 0 || flow === void 0 ? void 0 : { node: fields2[0], flow };
  }
  /** Valid for one dialog only: the Call-ID is part of what is sealed. */
  route(callId, caller, callee) {
    return this.#seal("r", callId, [this.#node, ...write2(caller), ...write2(callee)]);
  }
  readRoute(callId, token6) {
    const fields2 = this.#open("r", callId, token6);
    return fields2?.[0] === void 0 ? void 0 : { node: fields2[0], caller: read2(fields2.slice(1, 5)), callee: read2(fields2.slice(5)) };
  }
  #seal(kind, context, fields2) {
    const body = Buffer.from(fields2.join(" ")).toString("base64url");
    return `${kind}.${body}.${this.#mac(kind, context, body).toString("base64url")}`;
  }
  #open(kind, context, token6) {
    const [tokenKind, body, mac] = token6.split(".");
    if (tokenKind !== kind || body === void 0 || mac === void 0) return void 0;
    const given = Buffer.from(mac, "base64url");
    if (given.length !== MAC_OCTETS || !timingSafeEqual(given, this.#mac(kind, context, body))) return void 0;
    return Buffer.from(body, "base64url").toString().split(" ");
  }
  #mac(kind, context, body) {
    return createHmac("sha256", this.#key).update(`${kind}.${body}.${context}`).digest().subarray(0, MAC_OCTETS);
  }
};
function write2(flow) {
  return flow === void 0 ? ["", "", "", ""] : [flow.id, flow.transport, flow.host, String(flow.port)];
}
function read2(fields2) {
  const [id, transport2, host4, port4] = fields2;
  if (!id || !transport2 || !host4 || !port4) return void 0;
  return { id, transport: transport2, host: host4, port: Number(port4) };
}

// examples/im-server/src/store/memory/location.ts
var MemoryLocationStore = class {
  #users = /* @__PURE__ */ new Map();
  #version = 0;
  async load(aor) {
    return this.#users.get(aor) ?? { version: 0, bindings: [] };
  }
  async save(aor, version, bindings) {
    const current = this.#users.get(aor)?.version ?? 0;
    if (current !== version) return false;
    if (bindings.length === 0) this.#users.delete(aor);
    else this.#users.set(aor, { version: ++this.#version, bindings });
    return true;
  }
};

// examples/im-server/src/store/sqlite/database.ts
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
var MAX_WAITING = 1e4;
var SqliteDatabase = class _SqliteDatabase {
  #worker;
  #waiting = [];
  #running = [];
  #failure;
  constructor(worker) {
    this.#worker = worker;
  }
  /** Opens or creates the file and brings its schema up to date. Rejects with a message fit for a person. */
  static async open(path2) {
    mkdirSync(dirname(path2), { recursive: true });
    const worker = new Worker(new URL("./sqlite-worker.mjs", import.meta.url), { workerData: { path: path2 } });
    try {
      await once(worker, "message");
    } catch (error) {
      throw new Error(`cannot open the store ${path2}: ${error.message}`, { cause: error });
    }
    const database = new _SqliteDatabase(worker);
    worker.on("message", (reply) => database.#finish(reply));
    worker.on("error", (error) => database.#fail(error));
    worker.on("exit", () => database.#fail(new Error("the store is closed")));
    return database;
  }
  /** Resolves after the commit that holds the operation. */
  run(name, ...args) {
    if (this.#failure !== void 0) return Promise.reject(this.#failure);
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new Error("the store is too slow: too many operations wait"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, args, resolve, reject });
      if (this.#running.length === 0) this.#next();
    });
  }
  /** Finishes what waits, then closes the file. */
  async close() {
    while (this.#running.length > 0) await once(this.#worker, "message");
    if (this.#failure !== void 0) return;
    this.#worker.postMessage({ close: true });
    await once(this.#worker, "exit");
  }
  #next() {
    this.#running = this.#waiting;
    this.#waiting = [];
    if (this.#running.length > 0) this.#worker.postMessage({ batch: this.#running.map(({ name, args }) => ({ name, args })) });
  }
  #finish(reply) {
    if (!("results" in reply)) return;
    const done = this.#running;
    this.#next();
    reply.results.forEach((result, index) => {
      if ("error" in result) done[index]?.reject(new Error(result.error));
      else done[index]?.resolve(result.value);
    });
  }
  #fail(error) {
    this.#failure ??= error;
    for (const job of [...this.#running, ...this.#waiting]) job.reject(this.#failure);
    this.#running = [];
    this.#waiting = [];
  }
};

// examples/im-server/src/store/sqlite/location.ts
var SqliteLocationStore = class {
  #database;
  constructor(database) {
    this.#database = database;
  }
  async load(aor) {
    const row = await this.#database.run("location.load", aor);
    return row === void 0 ? { version: 0, bindings: [] } : { version: row.version, bindings: JSON.parse(row.bindings) };
  }
  async save(aor, version, bindings) {
    return await this.#database.run("location.save", aor, version, JSON.stringify(bindings));
  }
};

// examples/im-server/src/store/open.ts
async function openStore(url) {
  if (url.kind === "memory") return { location: new MemoryLocationStore(), healthy: async () => {
  }, close: async () => {
  } };
  const database = await SqliteDatabase.open(url.path);
  const location = new SqliteLocationStore(database);
  return {
    location,
    // A read that goes all the way to the file and back.
    healthy: async () => void await location.load(""),
    close: () => database.close()
  };
}

// examples/im-server/src/server.ts
var GOODBYE = 2e3;
async function startServer(config, options2 = {}) {
  const log2 = options2.log ?? silentLog;
  const opened = [];
  try {
    return await assemble(config, log2, options2.admission ?? openAdmission, opened);
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw asConfigError(error);
  }
}
async function assemble(config, log2, admission, opened) {
  const metrics = new PrometheusMetrics();
  const store = await openStore(config.store);
  opened.push(() => store.close());
  let media;
  const trace = new WireTrace({ now: () => nodeClock.now(), ownerOf: (uri2) => media?.ownerOf(uri2) });
  for (const user3 of config.trace) trace.listen(aorOfUser(user3, config.domain), (entry) => log2.info({ trace: entry }, `${entry.direction} ${entry.protocol} ${entry.title}`));
  const endpoint = new SipEndpoint({
    network: nodeNetwork,
    clock: nodeClock,
    random: nodeRandom,
    resolver: nodeResolver,
    trace: (event) => trace.sip(event),
    onError: (error, flow) => onSipError(error, flow?.remote, log2, metrics)
  });
  opened.push(() => endpoint.close());
  const sip = await listenSip(endpoint, config);
  const own = new OwnAddresses(config.domain, sip.map(({ transport: transport2, address: address2 }) => ({ transport: transport2, host: config.advertise ?? address2.host, port: address2.port })));
  media = new Media({ network: mediaNetwork(config), clock: nodeClock, random: nodeRandom, metrics, trace: (event) => trace.msrp(event) });
  opened.push(() => media.close());
  const msrp = [];
  for (const address2 of config.msrp) msrp.push(await media.listen(address2, config.advertise));
  const { core, participating } = joinEntities(config, { log: log2, metrics, endpoint, own, media, store, admission });
  endpoint.onRequest = (incoming) => core.receive(incoming);
  endpoint.onAck = (request, flow) => core.receiveAck(request, flow);
  const ready = (http2) => ({ ready: true, domain: config.domain, sip: sip.map(({ transport: transport2, address: address2 }) => `${transport2.toLowerCase()}:${written(address2)}`), msrp: msrp.map((address2) => `tcp:${written(address2)}`), http: written(http2.local) });
  const http = await serveHttp({ address: config.http, metrics, healthy: () => store.healthy(), about: () => `simple-im serves ${config.domain}
/healthz  /metrics
` });
  opened.push(() => http.close());
  log2.info({ domain: config.domain, store: config.store.kind }, "serving");
  return { ready: ready(http), trace, metrics, close: () => closeInOrder(participating, endpoint, opened) };
}
function joinEntities(config, parts) {
  const { log: log2, metrics, endpoint, own, media, store, admission } = parts;
  const clock = nodeClock;
  const random = nodeRandom;
  const key = randomBytes2(32);
  const tokens = new Tokens(key, "node1");
  const core = new SipCore({
    node: "node1",
    own,
    tokens,
    clock,
    random,
    log: log2,
    metrics,
    location: store.location,
    registrar: new Registrar(store.location),
    authentication: new Authentication({ users: credentials(config.users), own, mode: config.auth, hash: nodeHash, key, random, log: log2, metrics }),
    forwarder: new Forwarder({ endpoint, own, tokens, clock, random, log: log2, pagerTimeout: config.pagerTimeout })
  });
  const participating = new Participating({
    core,
    media,
    clock,
    random,
    log: log2,
    metrics,
    domain: config.domain,
    policy: new Policy(admission, metrics),
    availability: new RegistrationAvailability(() => clock.now())
  });
  core.attach(participating);
  return { core, participating };
}
async function listenSip(endpoint, config) {
  const bound = [];
  for (const { transport: transport2, address: address2 } of config.sip) {
    const options2 = config.advertise === void 0 ? {} : { advertise: config.advertise };
    bound.push({ transport: transport2, address: transport2 === "UDP" ? await endpoint.listenUdp(address2, options2) : await endpoint.listenTcp(address2, options2) });
  }
  return bound;
}
function mediaNetwork(config) {
  const listening3 = config.msrp.map((address2) => address2.host);
  return new GuardedNetwork(nodeNetwork, nodeResolver, mediaDenyList({ denied: config.mediaDeny, listening: listening3 }));
}
function credentials(users) {
  return new Map(users.map((user3) => {
    const aor = aorOf(parseUri(user3.aor));
    return [aor.slice(aor.indexOf(":") + 1, aor.indexOf("@")), { aor, secret: user3.password === void 0 ? { ha1: user3.ha1 ?? {} } : { password: user3.password } }];
  }));
}
function aorOfUser(user3, domain) {
  return user3 === "*" ? user3 : aorOf(parseUri(user3.includes("@") ? user3 : `sip:${user3}@${domain}`));
}
function onSipError(error, remote, log2, metrics) {
  if (ProtocolError.is(error)) {
    metrics.count("sip_invalid_messages_total");
    log2.debug({ code: error.code, remote }, error.message);
  } else {
    log2.error({ err: error, remote }, "the SIP endpoint failed");
  }
}
async function closeInOrder(participating, endpoint, opened) {
  endpoint.onRequest = (incoming) => incoming.respond(respondTo(incoming.request, 503, { toTag: endpoint.newTag() }));
  await Promise.race([participating.close(), new Promise((resolve) => {
    nodeClock.setTimer(GOODBYE, resolve);
  })]);
  for (const close of opened.splice(0).reverse()) {
    const t = Date.now();
    await close();
    console.error("close", Date.now() - t, close.toString());
  }
}
function written(address2) {
  return address2.host.includes(":") ? `[${address2.host}]:${address2.port}` : `${address2.host}:${address2.port}`;
}
function asConfigError(error) {
  if (ProtocolError.is(error) && error.code.startsWith("TRANSPORT_")) return new ConfigError(error.message, { cause: error });
  const system = error;
  if (system.code === "EADDRINUSE") return new ConfigError(`--http ${system.address ?? ""}:${system.port ?? ""}: the address is in use; choose another port, or 0 for a free one`, { cause: error });
  if (error instanceof Error && error.message.startsWith("cannot open the store")) return new ConfigError(error.message, { cause: error });
  return error;
}

// examples/im-server/src/config.ts
import { readFileSync as readFileSync2 } from "node:fs";
import { BlockList as BlockList2, isIP as isIP4 } from "node:net";
import { parseArgs } from "node:util";
import { parse as parsePath } from "node:path";

// examples/im-server/src/options.ts
var options = {
  config: { value: "FILE", help: 'read options from a JSON file, such as {"domain":"example.com","sip":["udp:127.0.0.1:5060"]}; the command line wins' },
  demo: { value: void 0, help: "two users, alice and bob, with passwords that the ready text shows" },
  roles: { value: "LIST", help: "core,im,xdm,presence; default all of those this version has: core,im" },
  domain: { value: "NAME", help: "the domain we serve; default example.com" },
  sip: { value: "TRANSPORT:HOST:PORT", repeat: true, help: "udp or tcp; port 0 takes a free one; default udp: and tcp:127.0.0.1:5060" },
  msrp: { value: "tcp:HOST:PORT", repeat: true, help: "default tcp:127.0.0.1:2855" },
  http: { value: "HOST:PORT", help: "/healthz and /metrics; default 127.0.0.1:8080" },
  advertise: { value: "HOST", help: "the name or address put into Via, Record-Route, Contact and MSRP URIs; default the address bound" },
  store: { value: "URL", help: "sqlite:PATH or memory:; default memory:, which keeps nothing over a restart" },
  users: { value: "FILE", help: 'JSON lines: {"aor":"sip:alice@example.com","password":"..."} or with "ha1":{"SHA-256":"...","MD5":"..."}' },
  auth: { value: "digest|none", help: "none believes the From of every request, so it is refused on an address that is not loopback; default digest" },
  "media-deny": { value: "CIDR,...", help: "where MSRP is never dialled out to; default loopback, private and link-local ranges, except where we listen ourselves" },
  "pager-timeout": { value: "SECONDS", help: "how long silent contacts may take before a MESSAGE is answered 480; 1 to 30, default 10" },
  trace: { value: "USER", repeat: true, help: "write every SIP and MSRP message of this user to standard error, without bodies and credentials" },
  "log-level": { value: "LEVEL", help: "debug, info, warn or error; default info" },
  help: { value: void 0, help: "this text" },
  version: { value: void 0, help: "the version" }
};

// examples/im-server/src/users.ts
import { readFileSync } from "node:fs";
function demoUsers(domain) {
  return [
    { aor: `sip:alice@${domain}`, password: "wonderland" },
    { aor: `sip:bob@${domain}`, password: "builder" }
  ];
}
function readUsers(path2) {
  let text;
  try {
    text = readFileSync(path2, "utf8");
  } catch (error) {
    throw new ConfigError(`--users ${path2}: ${error.message}`, { cause: error });
  }
  return text.split("\n").flatMap((line, index) => line.trim() === "" ? [] : [readUser(line, `--users ${path2}, line ${index + 1}`)]);
}
function readUser(line, where) {
  let value;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ConfigError(`${where}: not JSON`, { cause: error });
  }
  const user3 = value;
  if (typeof user3 !== "object" || user3 === null || typeof user3.aor !== "string" || !/^sips?:[^@\s]+@[^@\s]+$/.test(user3.aor)) throw new ConfigError(`${where}: expected "aor":"sip:user@domain"`);
  if (typeof user3.password === "string") return { aor: user3.aor, password: user3.password };
  const ha1 = user3.ha1;
  if (typeof ha1 !== "object" || ha1 === null || !isHex(ha1["SHA-256"], 64) || !isHex(ha1.MD5, 32) || (ha1["SHA-256"] ?? ha1.MD5) === void 0) throw new ConfigError(`${where}: expected "password" or "ha1" with hex digests`);
  return { aor: user3.aor, ha1 };
}
function isHex(value, digits) {
  return value === void 0 || typeof value === "string" && value.length === digits && /^[0-9a-f]+$/i.test(value);
}

// examples/im-server/src/config.ts
function parseConfig(argv) {
  const given = commandLine(argv);
  if (given.help === true) return { kind: "help" };
  if (given.version === true) return { kind: "version" };
  const values = { ...given.config === void 0 ? {} : configFile(given.config), ...given };
  return { kind: "run", config: build(values) };
}
function commandLine(argv) {
  const spec = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, { type: option.value === void 0 ? "boolean" : "string", multiple: option.repeat === true }])
  );
  try {
    return parseArgs({ args: [...argv], options: spec, allowPositionals: false, strict: true }).values;
  } catch (error) {
    const first2 = error.message.split(/[.\n] ?/, 1)[0] ?? "";
    throw new ConfigError(`${first2}; --help lists the options`, { cause: error });
  }
}
function configFile(path2) {
  let parsed;
  try {
    parsed = JSON.parse(readFileSync2(path2, "utf8"));
  } catch (error) {
    throw new ConfigError(`--config ${path2}: ${error.message}`, { cause: error });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new ConfigError(`--config ${path2}: expected one JSON object`);
  for (const [name, value] of Object.entries(parsed)) checkFileValue(path2, name, value);
  return parsed;
}
function checkFileValue(path2, name, value) {
  const option = options[name];
  if (option === void 0 || name === "config") throw new ConfigError(`--config ${path2}: unknown option "${name}"; --help lists the options`);
  const fits = option.value === void 0 ? typeof value === "boolean" : option.repeat === true ? Array.isArray(value) && value.every((item) => typeof item === "string") : typeof value === "string";
  const wanted = option.value === void 0 ? "true or false" : option.repeat === true ? "a list of strings" : "a string";
  if (!fits) throw new ConfigError(`--config ${path2}: "${name}" must be ${wanted}`);
}
function build(values) {
  const text = (name) => values[name];
  const list = (name, fallback) => values[name] ?? fallback;
  checkRoles(text("roles"));
  const domain = domainName(text("domain") ?? "example.com");
  const sip = list("sip", ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"]).map(sipListen);
  const msrp = list("msrp", ["tcp:127.0.0.1:2855"]).map(msrpListen);
  const http = address("--http", text("http") ?? "127.0.0.1:8080");
  const demo = values.demo === true;
  const users = text("users") === void 0 ? [] : readUsers(text("users"));
  const auth = oneOf("--auth", text("auth") ?? "digest", ["digest", "none"]);
  const exposed = sip.find((listen) => !isLoopback(listen.address.host));
  if (auth === "none" && exposed !== void 0) throw new ConfigError(`--auth none is refused on ${exposed.address.host}: without authentication anyone could speak for anyone; listen on 127.0.0.1 or use --auth digest`);
  if (demo && exposed !== void 0) throw new ConfigError(`--demo is refused on ${exposed.address.host}: its passwords are public; listen on 127.0.0.1 or give --users FILE instead`);
  if (auth === "digest" && !demo && users.length === 0) throw new ConfigError("no users: give --users FILE, or --demo for two demo users");
  return {
    demo,
    domain,
    sip,
    msrp,
    http,
    auth,
    advertise: text("advertise"),
    store: storeUrl(text("store") ?? "memory:"),
    users: demo ? [...demoUsers(domain), ...users] : users,
    mediaDeny: text("media-deny")?.split(",").filter((range) => range !== "").map(cidr),
    pagerTimeout: seconds("--pager-timeout", text("pager-timeout") ?? "10", 1, 30) * 1e3,
    trace: list("trace", []),
    logLevel: oneOf("--log-level", text("log-level") ?? "info", ["debug", "info", "warn", "error"])
  };
}
function checkRoles(roles) {
  if (roles === void 0) return;
  const named = [...new Set(roles.split(","))].sort();
  const unknown = named.find((role) => !["core", "im", "xdm", "presence"].includes(role));
  if (unknown !== void 0) throw new ConfigError(`--roles: unknown role "${unknown}"; the roles are core, im, xdm, presence`);
  if (named.join() !== "core,im") throw new ConfigError(`--roles ${roles}: this version runs core and im together in one process only: leave --roles out, or give core,im`);
}
function domainName(text) {
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text)) throw new ConfigError(`--domain ${text}: expected a host name such as example.com`);
  return text.toLowerCase();
}
function sipListen(text) {
  const match = /^(udp|tcp|tls):(.+)$/i.exec(text);
  if (match === null) throw new ConfigError(`--sip ${text}: expected udp:HOST:PORT or tcp:HOST:PORT, such as udp:127.0.0.1:5060`);
  if (match[1]?.toLowerCase() === "tls") throw new ConfigError(`--sip ${text}: TLS is not in this version; use udp: or tcp:`);
  return { transport: match[1]?.toUpperCase(), address: address("--sip", match[2]) };
}
function msrpListen(text) {
  if (/^tls:/i.test(text)) throw new ConfigError(`--msrp ${text}: TLS is not in this version; use tcp:`);
  if (!/^tcp:/i.test(text)) throw new ConfigError(`--msrp ${text}: expected tcp:HOST:PORT, such as tcp:127.0.0.1:2855`);
  return address("--msrp", text.slice(4));
}
function address(option, text) {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  const host4 = match?.[1] ?? match?.[2];
  const port4 = Number(match?.[3]);
  if (host4 === void 0 || port4 > 65535 || match?.[1] !== void 0 && isIP4(host4) !== 6) throw new ConfigError(`${option} ${text}: expected HOST:PORT, such as 127.0.0.1:5060 or [::1]:5060`);
  return { host: host4, port: port4 };
}
function storeUrl(text) {
  if (text === "memory:") return { kind: "memory" };
  if (text.startsWith("sqlite:") && parsePath(text.slice(7)).base !== "") return { kind: "sqlite", path: text.slice(7) };
  throw new ConfigError(`--store ${text}: expected sqlite:PATH, such as sqlite:./data/simple-im.db, or memory:`);
}
function cidr(text) {
  const [network = "", bits = ""] = text.split("/");
  const family = isIP4(network);
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) throw new ConfigError(`--media-deny ${text}: expected ranges such as 10.0.0.0/8,fc00::/7`);
  return text;
}
function seconds(option, text, least, most) {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || value > most) throw new ConfigError(`${option} ${text}: expected seconds from ${least} to ${most}`);
  return value;
}
function oneOf(option, text, values) {
  const found = values.find((value) => value === text);
  if (found === void 0) throw new ConfigError(`${option} ${text}: expected ${values.join(" or ")}`);
  return found;
}
var loopback = new BlockList2();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");
function isLoopback(host4) {
  const family = isIP4(host4);
  return host4 === "localhost" || family !== 0 && loopback.check(host4, family === 6 ? "ipv6" : "ipv4");
}

// examples/im-server/test/zz-dbg.ts
var p = parseConfig(["--demo", "--sip", "udp:127.0.0.1:0", "--sip", "tcp:127.0.0.1:0", "--msrp", "tcp:127.0.0.1:0", "--http", "127.0.0.1:0"]);
if (p.kind !== "run") throw 0;
var log = { debug: console.error, info: console.error, warn: console.error, error: console.error };
var server = await startServer(p.config, { log });
server.trace.listen("*", (e) => console.log(e.protocol, e.user, e.direction, e.title));
var pw = { alice: "wonderland", bob: "builder" };
async function user2(name) {
  const endpoint = new SipEndpoint({ network: nodeNetwork, clock: nodeClock, random: nodeRandom });
  const target = { transport: "TCP", address: { host: "127.0.0.1", port: Number(server.ready.sip[1].split(":").at(-1)) } };
  const ua = new UserAgent({ endpoint, aor: `sip:${name}@example.com`, contact: `sip:${name}@client.invalid;transport=tcp`, outboundProxy: target, hash: nodeHash, credentials: { username: name, password: pw[name] } });
  const r = await ua.request("REGISTER", "sip:example.com", { to: `sip:${name}@example.com`, headers: [["Contact", `<sip:${name}@client.invalid;transport=tcp>`]] });
  console.log(name, r.status);
  const me = new MsrpEndpoint({ network: nodeNetwork, clock: nodeClock, random: nodeRandom });
  const media = me.createSession({});
  media.attach({ message: async (m) => console.log(name, "got", utf8Text(await m.bytes())) });
  return { ua, media, endpoint, me };
}
var alice = await user2("alice");
var bob = await user2("bob");
var med = (t) => ({ address: { host: "127.0.0.1", port: 9 }, path: [t.media.uri], acceptTypes: ["text/plain"], setup: "active" });
bob.ua.handle("INVITE", async (invite2) => {
  const offer = parseMsrpSdp(invite2.request.body);
  invite2.respond(180);
  const acc = invite2.accept({ contentType: "application/sdp", body: utf8(formatMsrpAnswer(invite2.request.body, med(bob), { sessionId: 1, version: 1 })) });
  await bob.media.connect(offer.path);
  await acc;
  console.log("bob acked");
});
var invite = alice.ua.invite("sip:bob@example.com", { contentType: "application/sdp", body: utf8(formatMsrpOffer(med(alice), { sessionId: 1, version: 1 })) });
var { response, dialog } = await invite.answered;
invite.ack();
console.log("answered", response.status);
await alice.media.connect(parseMsrpSdp(response.body).path);
var sent = alice.media.send({ contentType: "text/plain", body: utf8("Hello Bob") });
await sent.accepted;
console.log("accepted");
console.log("bye", (await dialog.bye()).status);
var step = async (n, p2) => {
  const t = Date.now();
  await p2;
  console.log(n, Date.now() - t);
};
await step("a", alice.endpoint.close());
await step("b", bob.endpoint.close());
await step("am", alice.me.close());
await step("bm", bob.me.close());
await step("server", server.close());
console.log("closed");
