export async function GET(_request, { params }) {
  const { id } = await params
  if (id === 'broken') throw new Error('this item is broken')
  return Response.json({ id })
}
