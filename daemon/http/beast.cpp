// Beast's own functions, compiled once (BOOST_BEAST_SEPARATE_COMPILATION).
//
// Without its assertions: one of 1.81 (basic_parser::parse_chunk_header, `n >= 5`) doesn't hold for
// a message whose only chunk is the last one and comes byte by byte, which the code after it takes
// well. Release builds have none of them; in the others a stranger could end the program.
#define BOOST_DISABLE_ASSERTS
#include <boost/beast/src.hpp>
